"""The fitted model as an MLflow model: signature, input example, pinned requirements."""

from importlib import metadata
from typing import Any

import cloudpickle
import mlflow
import pandas as pd
import skops.io
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from steps.training import estimator, labels

# What a model needs to be loaded again, beside the packages of the estimator and of what is inside it.
PACKAGES = ("mlflow", "scikit-learn", "pandas", "numpy", "scipy", "cloudpickle", "skops")
FOR_TABLES = ("skrub", "pyarrow")
# Packages whose types a model may hold: scikit-learn's trees are among what skops wants to be told to trust.
TRUSTED = ("sklearn", "numpy", "scipy", "pandas", "datetime", "skrub")


def log(fitted: BaseEstimator, features: pd.DataFrame) -> None:
    """Log a fitted estimator to the active run as the model `model`; `features` are rows such as it will be given.

    Saved in the skops format, whose loading runs no code, where the estimator's types allow it; else by cloudpickle.
    """
    packages = estimator.packages(fitted)
    known = metadata.packages_distributions()
    more = FOR_TABLES if isinstance(fitted, Pipeline) and "skrub" in packages else ()
    distributions = [*PACKAGES, *more, *(name for package in packages for name in known.get(package, ()))]
    mlflow.sklearn.log_model(
        fitted,
        name="model",
        signature=mlflow.models.infer_signature(features, fitted.predict(features)),
        input_example=features.head(5),
        # Without the pins MLflow starts a subprocess to guess them, which takes seconds.
        pip_requirements=[f"{name}=={metadata.version(name)}" for name in dict.fromkeys(distributions)],
        **_format(fitted, packages),
    )


def _format(fitted: BaseEstimator, packages: list[str]) -> dict[str, Any]:
    if labels.__name__.partition(".")[0] not in packages:
        try:
            foreign = skops.io.get_untrusted_types(data=skops.io.dumps(fitted))
        except Exception:  # what skops raises for a type that it can't write is its own affair
            foreign = [""]
        if all(name.partition(".")[0] in (*TRUSTED, *packages) for name in foreign):
            return {"serialization_format": "skops", "skops_trusted_types": foreign}
    # With the code of what encodes labels in it, so that it can be loaded where this project is not.
    cloudpickle.register_pickle_by_value(labels)
    return {"serialization_format": "cloudpickle"}
