"""A training with XGBoost in two threads, which autologging logs by rounds: python xgboost_rounds.py."""

import mlflow
import xgboost
from forked import parent_has
from sklearn.datasets import load_diabetes

X, y = load_diabetes(return_X_y=True)
training, validation = xgboost.DMatrix(X[:300], y[:300]), xgboost.DMatrix(X[300:], y[300:])
mlflow.xgboost.autolog(log_models=False, importance_types=[])
with mlflow.start_run():
    xgboost.train({"nthread": 2}, training, num_boost_round=5, evals=[(validation, "validation")])
    mlflow.log_metric("cold", not parent_has("libxgboost"))
