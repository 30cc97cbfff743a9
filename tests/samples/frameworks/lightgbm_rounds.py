"""A training with LightGBM in two threads, which autologging logs by rounds: python lightgbm_rounds.py."""

import lightgbm
import mlflow
from forked import parent_has
from sklearn.datasets import load_diabetes

X, y = load_diabetes(return_X_y=True)
training, validation = lightgbm.Dataset(X[:300], y[:300]), lightgbm.Dataset(X[300:], y[300:])
mlflow.lightgbm.autolog(log_models=False)
with mlflow.start_run():
    lightgbm.train({"num_threads": 2, "seed": 0}, training, num_boost_round=5, valid_sets=[validation])
    mlflow.log_metric("cold", not parent_has("lib_lightgbm"))
