"""The fitted model as an MLflow model: signature, input example, pinned requirements."""

from importlib import metadata
from typing import Any

import mlflow
import pandas as pd
import skops.io
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

# What a model needs to be loaded again, beside the estimator's own package.
PACKAGES = ("mlflow", "scikit-learn", "pandas", "numpy", "scipy", "cloudpickle", "skops")
FOR_PIPELINES = ("skrub", "pyarrow")
# Packages whose types a model may hold: scikit-learn's trees are among what skops wants to be told to trust.
TRUSTED = ("sklearn", "numpy", "scipy", "pandas", "datetime", "skrub")


def log(fitted: BaseEstimator, features: pd.DataFrame, *, package: str) -> None:
    """Log a fitted estimator to the active run as the model `model`; `features` are rows such as it will be given.

    `package` is the import name of the estimator's own package. Saved in the skops format, whose loading runs no code,
    where the estimator's types allow it; else by cloudpickle.
    """
    more = FOR_PIPELINES if isinstance(fitted, Pipeline) else ()
    distributions = [*PACKAGES, *more, *metadata.packages_distributions().get(package, ())]
    mlflow.sklearn.log_model(
        fitted,
        name="model",
        signature=mlflow.models.infer_signature(features, fitted.predict(features)),
        input_example=features.head(5),
        # Without the pins MLflow starts a subprocess to guess them, which takes seconds.
        pip_requirements=[f"{name}=={metadata.version(name)}" for name in dict.fromkeys(distributions)],
        **_format(fitted, package),
    )


def _format(fitted: BaseEstimator, package: str) -> dict[str, Any]:
    foreign = skops.io.get_untrusted_types(data=skops.io.dumps(fitted))
    if all(name.partition(".")[0] in (*TRUSTED, package) for name in foreign):
        return {"serialization_format": "skops", "skops_trusted_types": foreign}
    return {"serialization_format": "cloudpickle"}
