"""The fitted model as an MLflow model: signature, input example, pinned requirements."""

from contextlib import suppress
from importlib import metadata
from typing import Any

import cloudpickle
import mlflow
import numpy as np
import pandas as pd
import skops.io
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from steps.names import Tag
from steps.training.model import estimator, labels

# What a model needs to be loaded again, beside the packages of the estimator and of what is inside it.
PACKAGES = ("mlflow", "scikit-learn", "pandas", "numpy", "scipy", "cloudpickle", "skops")
FOR_TABLES = ("skrub", "pyarrow")
# The format whose loading executes nothing, and the one for all that it does not take.
SKOPS, CLOUDPICKLE = "skops", "cloudpickle"
# Packages whose types a model in that format may hold: all of them are pinned, and none does more than compute.
TRUSTED = ("sklearn", "numpy", "scipy", "pandas", "datetime", "skrub")


def log(fitted: BaseEstimator, features: pd.DataFrame) -> None:
    """Log a fitted estimator to the active run as the model `model`; `features` are rows such as it will be given.

    The run's tag Tag.MODEL_FORMAT says how it is saved, see `serialization`.
    """
    packages = estimator.packages_of(fitted)
    known = metadata.packages_distributions()
    more = FOR_TABLES if isinstance(fitted, Pipeline) and "skrub" in packages else ()
    distributions = [*PACKAGES, *more, *(name for package in packages for name in known.get(package, ()))]
    saved = serialization(fitted, features)
    mlflow.set_tag(Tag.MODEL_FORMAT, saved["serialization_format"])
    mlflow.sklearn.log_model(
        fitted,
        name="model",
        signature=mlflow.models.infer_signature(features, fitted.predict(features)),
        input_example=features.head(5),
        # Without the pins MLflow starts a subprocess to guess them, which takes seconds.
        pip_requirements=[f"{each}=={metadata.version(each)}" for each in dict.fromkeys(distributions)],
        **saved,
    )


def serialization(fitted: BaseEstimator, features: pd.DataFrame) -> dict[str, Any]:
    """Return what `mlflow.sklearn.log_model` is to be told of the format.

    That is skops, whose loading executes nothing, where the model holds TRUSTED types alone and comes back from it with
    the same predictions for some rows of `features`; else cloudpickle: an estimator of another package or of the
    user's own, a lambda in a FunctionTransformer.
    """
    with suppress(Exception):  # what skops raises for a type that it can't write is its own affair
        content = skops.io.dumps(fitted)
        types = skops.io.get_untrusted_types(data=content)
        if all(name.partition(".")[0] in TRUSTED for name in types):
            back = skops.io.loads(content, trusted=types)
            if np.array_equal(back.predict(features), fitted.predict(features)):
                return {"serialization_format": SKOPS, "skops_trusted_types": types}
    # With the code of what encodes labels in it, so that it can be loaded where this project is not.
    cloudpickle.register_pickle_by_value(labels)
    return {"serialization_format": CLOUDPICKLE}
