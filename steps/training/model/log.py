"""The fitted model as an MLflow model: what reads its rows, signature, input example, pinned requirements."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import cloudpickle
import mlflow
import numpy as np
import pandas as pd
import skops.io
from mlflow.models import ModelSignature, infer_signature
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils import get_tags

from steps import training
from steps.names import Tag
from steps.training.model import column_names, estimator, labels

# What loading a model needs, beside the packages of the estimator and of those inside it.
PACKAGES = ("mlflow", "scikit-learn", "pandas", "numpy", "scipy", "cloudpickle", "skops")
FOR_TABLES = ("skrub", "pyarrow")
# skops: loading executes nothing. cloudpickle: for models that skops can't write.
SKOPS, CLOUDPICKLE = "skops", "cloudpickle"
# Packages whose types a skops model may hold: all of them are pinned, and none does more than compute.
TRUSTED = ("sklearn", "numpy", "scipy", "pandas", "datetime", "skrub", "table_rows")
# The module that goes with each model, and is imported by that name here, too.
SHIPPED = Path(training.__file__).parent / "shipped" / "table_rows.py"


def with_rows(fitted: BaseEstimator, columns: Sequence[Mapping[str, Any]], *, plain: bool) -> Pipeline:
    """Put in front of a fitted estimator what makes the table that it was fitted on of rows as people have them.

    `columns` describes that table, see `table_rows.columns_of`; `plain` tells that it had numbers without a gap alone,
    so that nothing behind this fills one.
    """
    if str(SHIPPED.parent) not in sys.path:
        sys.path.append(str(SHIPPED.parent))
    table_rows = importlib.import_module(SHIPPED.stem)
    takes_gaps = not plain or get_tags(fitted).input_tags.allow_nan
    return make_pipeline(table_rows.TableRows(columns, takes_gaps=takes_gaps), fitted)


def log(model: Pipeline, features: pd.DataFrame) -> None:
    """Log what `with_rows` has made to the active run as the model `model`; `features` show what it will be given.

    The run's tag Tag.MODEL_FORMAT names the format, see `serialization`.
    """
    packages = estimator.packages_of(model)
    distributions_of = metadata.packages_distributions()
    more = FOR_TABLES if "skrub" in packages else ()
    distributions = [*PACKAGES, *more, *(name for package in packages for name in distributions_of.get(package, ()))]
    saved = serialization(model, features)
    mlflow.set_tag(Tag.MODEL_FORMAT, saved["serialization_format"])
    mlflow.sklearn.log_model(
        model,
        name="model",
        # Without the inputs' types: by them MLflow would refuse a 2 for a 2.0, a gap and a number as text, all of which
        # the model reads; and if they are of any type, MLflow's server takes no CSV.
        signature=ModelSignature(outputs=infer_signature(features, model.predict(features)).outputs),
        metadata={
            "columns": [{key: column[key] for key in ("name", "kind", "optional")} for column in model[0].columns]
        },
        input_example=features.head(5),
        code_paths=[str(SHIPPED)],
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
    # The pickle gets the code of what stands around an estimator, so that the model can be loaded without this project.
    for module in (column_names, labels):
        cloudpickle.register_pickle_by_value(module)
    return {"serialization_format": CLOUDPICKLE}
