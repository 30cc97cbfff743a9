"""Names of columns for estimators that refuse some: LightGBM's and XGBoost's."""

from typing import Any

import pandas as pd
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from steps.training.model import estimator

# The packages whose estimators refuse names with signs of JSON, brackets or blanks, or write them otherwise.
_PACKAGES = frozenset({"lightgbm", "xgboost"})
_REFUSED = frozenset('[]{}<>",:') | frozenset(" \t\n")


def numbered(features: Any) -> Any:
    """Give the columns of a frame numbers for names, if some name has a sign that is refused."""
    if isinstance(features, pd.DataFrame) and any(not _REFUSED.isdisjoint(str(name)) for name in features.columns):
        return features.set_axis([f"column_{number}" for number in range(features.shape[1])], axis=1)
    return features


def mapped(built: Any) -> Any:
    """Put a step that gives a table such names in front of an estimator that refuses others; return it, or as it is.

    The last step of a pipeline is the estimator: what stands before it makes names of its own.
    """
    if _PACKAGES.isdisjoint(estimator.packages_of(built)):
        return built
    steps = built.steps if isinstance(built, Pipeline) else [("estimator", built)]
    return Pipeline([*steps[:-1], ("names", FunctionTransformer(numbered)), steps[-1]])
