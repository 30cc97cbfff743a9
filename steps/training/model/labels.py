"""Class labels of any kind for classifiers that take 0, 1, 2, … alone, as xgboost's do."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

# Packages whose classifiers refuse other labels.
_PACKAGES = frozenset({"xgboost"})


class LabelEncoded(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """Fits a classifier on encoded labels and predicts the labels themselves."""

    def __init__(self, classifier: Any):
        self.classifier = classifier

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = get_tags(self.classifier).input_tags.allow_nan
        return tags

    def fit(self, features: Any, target: Any, **parameters: Any) -> Self:
        """Fit a clone of the classifier on the positions of the labels among the sorted ones."""
        encoder = LabelEncoder().fit(target)
        self.classes_ = encoder.classes_
        self.classifier_ = clone(self.classifier).fit(features, encoder.transform(target), **parameters)
        return self

    def predict(self, features: Any) -> np.ndarray:
        """Predict a label for each row."""
        check_is_fitted(self)
        labels: np.ndarray = self.classes_[np.asarray(self.classifier_.predict(features)).ravel().astype(int)]
        return labels

    @available_if(lambda self: hasattr(self.classifier, "predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, features: Any) -> np.ndarray:
        """Return the probability of each label, in the order of `classes_`."""
        check_is_fitted(self)
        probabilities: np.ndarray = self.classifier_.predict_proba(features)
        return probabilities


def need_encoding(estimator: Any) -> bool:
    """Tell whether a classifier, or one inside it, is of a package that wants encoded labels."""
    inner = [estimator, *estimator.get_params(deep=True).values()]
    return any(kind.__module__.partition(".")[0] in _PACKAGES for part in inner for kind in type(part).__mro__)
