"""A training with Keras, which computes with torch: python keras_on_torch.py."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import mlflow
import numpy as np
from forked import parent_has

mlflow.keras.autolog(log_models=False)
keras.utils.set_random_seed(0)
X = np.random.default_rng(0).random((64, 4))
model = keras.Sequential([keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(1)])
model.compile(optimizer="sgd", loss="mse")
with mlflow.start_run():
    model.fit(X, X.sum(axis=1), validation_split=0.25, epochs=3, verbose=0)
    mlflow.log_metric("cold", not parent_has("libtorch"))
