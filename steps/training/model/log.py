"""The fitted model as an MLflow model: signature, input example, pinned requirements."""

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

# What loading a model needs, beside the packages of the estimator and of those inside it.
PACKAGES = ("mlflow", "scikit-learn", "pandas", "numpy", "scipy", "cloudpickle", "skops")
FOR_TABLES = ("skrub", "pyarrow")
# skops: loading executes nothing. cloudpickle: for models that skops can't write.
SKOPS, CLOUDPICKLE = "skops", "cloudpickle"
# Packages whose types a skops model may hold: all of them are pinned, and none does more than compute.
TRUSTED = ("sklearn", "numpy", "scipy", "pandas", "datetime", "skrub")


def log(fitted: BaseEstimator, features: pd.DataFrame) -> None:
    """Log a fitted estimator to the active run as the model `model`; `features` show what it will be given.

    The run's tag Tag.MODEL_FORMAT names the format, see `serialization`.
    """
    packages = estimator.packages_of(fitted)
    distributions_of = metadata.packages_distributions()
    more = FOR_TABLES if isinstance(fitted, Pipeline) and "skrub" in packages else ()
    distributions = [*PACKAGES, *more, *(name for package in packages for name in distributions_of.get(package, ()))]
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
    """Return the arguments of `mlflow.sklearn.log_model` that choose the format.

    It is skops if the model holds only TRUSTED types and, loaded again, predicts the same for `features`. Else it is
    cloudpickle: for an estimator of another package or of the user's own, or a lambda in a FunctionTransformer.
    """
    try:
        content = skops.io.dumps(fitted)
        types = skops.io.get_untrusted_types(data=content)
        if all(name.partition(".")[0] in TRUSTED for name in types):
            loaded = skops.io.loads(content, trusted=types)
            if np.array_equal(loaded.predict(features), fitted.predict(features)):
                return {"serialization_format": SKOPS, "skops_trusted_types": types}
    except Exception:  # skops raises many kinds of error for a type that it can't write
        pass
    # The pickle gets the code of LabelEncoded, so that the model can be loaded without this project.
    cloudpickle.register_pickle_by_value(labels)
    return {"serialization_format": CLOUDPICKLE}
