"""An estimator that takes any value for each of its hyperparameters, and puts on record what it was given."""

import os
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

# The folder that gets a file for each run: the repr of its estimator's `get_params()`.
FOLDER = "ANY_VALUES"
# Some have the name of a parameter of `train`, or begin like its prefix.
NAMES = (*(f"v{number:02d}" for number in range(36)), "metric", "folds", "estimator", "estimator__x")


class AnyValues(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    def __init__(self, **values: Any):
        self.values = dict.fromkeys(NAMES) | values

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return dict(self.values)

    def set_params(self, **values: Any) -> Self:
        self.values.update(values)
        return self

    def fit(self, features: Any, target: Any) -> Self:
        self.classes_ = np.unique(target)
        file = Path(os.environ[FOLDER]) / os.environ["MLFLOW_RUN_ID"]
        file.write_text(repr(self.get_params()), encoding="utf-8", errors="surrogatepass")
        return self

    def predict(self, features: Any) -> np.ndarray:
        return np.full(len(features), self.classes_[0])
