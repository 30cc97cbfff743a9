"""Early stopping: an estimator that adds round after round stops where a validation set is no longer predicted better.

A seeded tenth of the rows that it would be fitted on is the validation set. A fold's estimator has the rounds up to the
best one; the model that is logged has as many as the folds' mean, and is fitted on all rows.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder

from steps.errors import WrongValue
from steps.parameters.option import option
from steps.training.data.examples import Examples
from steps.training.model import boosting
from steps.training.model.labels import LabelEncoded

_SHARE = 0.1


@dataclass
class EarlyStopping:
    """Fits estimators that stop after `patience` rounds without a better one; `best` notes the best round of each.

    `groups` has a code for each row of the examples if the split keeps groups together, and so does the validation set.
    With `by_time` that has the last rows.
    """

    patience: int
    seed: int
    classes: bool
    by_time: bool = False
    groups: np.ndarray | None = None
    best: list[int] = field(default_factory=list)

    @property
    def rounds(self) -> int:
        """Return the mean of the best rounds, as a whole number."""
        return max(1, round(float(np.mean(self.best))))

    def fit(
        self, unfitted: Any, features: Any, target: "pd.Series[Any]", weights: np.ndarray | None, rows: slice
    ) -> Any:
        """Fit an estimator on some rows of the examples but for the validation set; note its best round."""
        codes = None if self.groups is None else self.groups[rows]
        validation = self.validation(target.to_numpy(), weights, codes)
        return self._fit(unfitted, features, target, weights, validation)

    def validation(
        self, target: np.ndarray, weights: np.ndarray | None = None, groups: np.ndarray | None = None
    ) -> np.ndarray:
        """Return for each row whether it is of the validation set. Rows of no weight are not, nor the last of a class.

        Raises WrongValue if there are too few rows.
        """
        count = len(target)
        weighty = np.ones(count, dtype=bool) if weights is None else weights > 0
        chosen = np.zeros(count, dtype=bool)
        rng = np.random.default_rng(self.seed)
        if self.by_time:
            chosen[count - max(1, round(_SHARE * count)) :] = True
        elif groups is not None:
            different = rng.permutation(np.unique(groups))
            chosen = np.isin(groups, different[: max(1, round(_SHARE * len(different)))])
        else:
            strata = pd.factorize(target)[0] if self.classes else np.zeros(count, dtype=int)
            order = rng.permutation(count)
            for stratum in range(int(strata.max()) + 1):
                own = [row for row in order if strata[row] == stratum and weighty[row]]
                chosen[own[: round(_SHARE * len(own))]] = True
            if not chosen.any():
                chosen[order[:1]] = True
        chosen &= weighty
        if self.classes:  # what has no row left to fit on can't be predicted
            chosen &= np.isin(target, target[~chosen & weighty])
        if not chosen.any() or chosen.all():
            raise WrongValue(
                f"{option('early_stopping', self.patience)}: {count} rows of a fold are too few to validate on some of "
                "them"
            )
        return chosen

    def _fit(
        self, unfitted: Any, features: Any, target: Any, weights: np.ndarray | None, validation: np.ndarray
    ) -> Any:
        if isinstance(unfitted, Pipeline):
            *before, (name, last) = unfitted.steps
            fitted = Pipeline(before)
            prepared = fitted.fit_transform(features, target) if before else features
            return Pipeline([*fitted.steps, (name, self._fit(last, prepared, target, weights, validation))])
        if isinstance(unfitted, LabelEncoded):
            encoder = LabelEncoder().fit(target)
            encoded, whole = encoder.transform(target), clone(unfitted)
            whole.classes_ = encoder.classes_
            whole.classifier_ = self._fit(clone(unfitted.classifier), features, encoded, weights, validation)
            return whole
        own, scored = (
            boosting.WeighedRows(features[rows], target[rows], None if weights is None else weights[rows])
            for rows in (~validation, validation)
        )
        kind = boosting.kind_of(unfitted)
        assert kind is not None, "see `check`"
        fitted, best = kind.fit(unfitted, own, scored, self.patience)
        self.best.append(best)
        return fitted


def make(patience: int | None, rows: Examples) -> EarlyStopping | None:
    """Make what stops the fits of a run early; None if it is not asked for."""
    if patience is None:
        return None
    kind = rows.resolved.split.partition(":")[0]
    classes = rows.resolved.task == "classification"
    return EarlyStopping(patience, rows.resolved.seed, classes, by_time=kind == "time", groups=rows.groups)


def check(built: Any, path: str) -> None:
    """Raise WrongValue if an estimator can't stop early."""
    if boosting.kind_of(_last(built)) is None:
        raise WrongValue(
            f"{option('estimator', path)}: {path.rpartition('.')[2]} has no early stopping; must be an estimator of "
            f"LightGBM, XGBoost, CatBoost or scikit-learn's HistGradientBoosting, or no {option('early_stopping')}"
        )


def of_rounds(unfitted: Any, rounds: int) -> Any:
    """Return an unfitted estimator that does so many rounds and needs no validation set."""
    built = clone(unfitted)
    last = _last(built)
    kind = boosting.kind_of(last)
    assert kind is not None, "see `check`"
    last.set_params(**kind.of_rounds(last, rounds))
    return built


def _last(built: Any) -> Any:
    """Return the estimator itself, out of pipelines and what encodes labels."""
    while isinstance(built, Pipeline | LabelEncoded):
        built = built.steps[-1][1] if isinstance(built, Pipeline) else built.classifier
    return built
