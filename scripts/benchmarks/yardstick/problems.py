"""Bayesmark's problems: a model with its search space, one of scikit-learn's own data sets, and a metric.

Source of models, ranges, warpings, folds and metrics: https://github.com/uber/bayesmark (Apache-2.0), in its
`bayesmark/sklearn_funcs.py` and `bayesmark/data.py`, and its documentation. It runs on scikit-learn 0.20; here is what
that means in a current one:

- `boston` is gone, and so is `normalize` of lasso and ridge: their spaces have one parameter less.
- AdaBoost's classifier was another algorithm (SAMME.R), so its problems are left out.
- The SVM's probabilities come from CalibratedClassifierCV, one-against-rest is spelled out, the penalty is `l1_ratio`.
- A model's random state follows from the problem and the parameters, so a loss is a function of these alone.
"""

import json
import math
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from sklearn import config_context, datasets
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import AdaBoostRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from steps.tuning.space import Space
from steps.tuning.space.parameter import SearchedParameter, word

FOLDS = 5
# The least probability of a class that the logarithmic loss takes, as in scikit-learn.
EPSILON = float(np.finfo(float).eps)
SETS = {
    "breast": datasets.load_breast_cancer,
    "digits": datasets.load_digits,
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "diabetes": datasets.load_diabetes,
}

# Each range: (low, high, scale). Whole numbers at both ends are a whole number. A "logit" range is searched in
# log(x / (1 - x)); random search draws there, too.
Range = tuple[float, float, str]
_TREE: dict[str, Range] = {
    "max_depth": (1, 15, "linear"),
    "max_features": (0.01, 0.99, "logit"),
    "min_samples_split": (0.01, 0.99, "logit"),
    "min_samples_leaf": (0.01, 0.49, "logit"),
    "min_weight_fraction_leaf": (0.01, 0.49, "logit"),
    "min_impurity_decrease": (0.0, 0.5, "linear"),
}
_MLP: dict[str, Range] = {
    "hidden_layer_sizes": (50, 200, "linear"),
    "alpha": (1e-5, 1e1, "log"),
    "batch_size": (10, 250, "linear"),
    "learning_rate_init": (1e-5, 1e-1, "log"),
    "tol": (1e-5, 1e-1, "log"),
    "validation_fraction": (0.1, 0.9, "logit"),
}
_LOGISTIC: dict[str, Range] = {"C": (1e-2, 1e2, "log"), "intercept_scaling": (1e-2, 1e2, "log")}
_PENALIZED: dict[str, Range] = {"alpha": (1e-2, 1e2, "log"), "max_iter": (10, 5000, "log")}
RANGES: dict[str, dict[str, Range]] = {
    "kNN": {"n_neighbors": (1, 25, "linear"), "p": (1, 4, "linear")},
    "SVM": {"C": (1.0, 1e3, "log"), "gamma": (1e-4, 1e-3, "log"), "tol": (1e-5, 1e-1, "log")},
    "DT": _TREE,
    "RF": _TREE,
    "MLP-adam": _MLP
    | {"beta_1": (0.5, 0.99, "logit"), "beta_2": (0.9, 1.0 - 1e-6, "logit"), "epsilon": (1e-9, 1e-6, "log")},
    "MLP-sgd": _MLP | {"power_t": (0.1, 0.9, "logit"), "momentum": (0.001, 0.999, "logit")},
    "ada": {"n_estimators": (10, 100, "linear"), "learning_rate": (1e-4, 1e1, "log")},
    "lasso": _LOGISTIC,
    "linear": _LOGISTIC,
}
# For numbers instead of classes: other ranges, and parameters that are true or false.
_REGRESSION: dict[str, dict[str, Range]] = {
    "lasso": _PENALIZED | {"tol": (1e-5, 1e-1, "log")},
    "linear": _PENALIZED | {"tol": (1e-4, 1e-1, "log")},
}
_FLAGS = {"lasso": ("fit_intercept", "positive"), "linear": ("fit_intercept",)}

_SGD = {"solver": "sgd", "early_stopping": True, "learning_rate": "invscaling", "nesterovs_momentum": True}
_ADAM = {"solver": "adam", "early_stopping": True}
_CLASSIFIERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "kNN": (KNeighborsClassifier, {}),
    "SVM": (SVC, {}),
    "DT": (DecisionTreeClassifier, {}),
    "RF": (RandomForestClassifier, {"n_estimators": 10}),
    "MLP-adam": (MLPClassifier, _ADAM),
    "MLP-sgd": (MLPClassifier, _SGD),
    "lasso": (LogisticRegression, {"l1_ratio": 1.0, "solver": "liblinear"}),
    "linear": (LogisticRegression, {"l1_ratio": 0.0, "solver": "liblinear"}),
}
_REGRESSORS: dict[str, tuple[Any, dict[str, Any]]] = {
    "kNN": (KNeighborsRegressor, {}),
    "SVM": (SVR, {}),
    "DT": (DecisionTreeRegressor, {}),
    "RF": (RandomForestRegressor, {"n_estimators": 10}),
    "MLP-adam": (MLPRegressor, _ADAM),
    "MLP-sgd": (MLPRegressor, {**_SGD, "activation": "tanh"}),
    "ada": (AdaBoostRegressor, {}),
    "lasso": (Lasso, {}),
    "linear": (Ridge, {}),
}


class OneAgainstRest:
    """A binary classifier for each class, with probabilities scaled to one: OneVsRestClassifier in half the time."""

    def __init__(self, model: Any):
        self._model = model

    def fit(self, features: np.ndarray, target: np.ndarray) -> None:
        """Fit a copy for each class."""
        self._fitted = [clone(self._model).fit(features, target == label) for label in np.unique(target)]

    def predict_proba(self, features: np.ndarray) -> np.ndarray:
        """Return a row for each row, a column for each class."""
        columns = np.column_stack([model.predict_proba(features)[:, 1] for model in self._fitted])
        return np.asarray(columns / columns.sum(axis=1, keepdims=True))

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return the likeliest class; classes are numbers from 0."""
        return np.asarray(self.predict_proba(features).argmax(axis=1))


class Fold(NamedTuple):
    """The rows that a model is fitted on, and those that it is scored on."""

    features: np.ndarray
    target: np.ndarray
    held: np.ndarray
    held_target: np.ndarray


@dataclass(frozen=True)
class Problem:
    """A model, a data set and a metric, named as Bayesmark names it: `kNN_iris_nll`."""

    model: str
    data: str
    metric: str

    @property
    def name(self) -> str:
        """Return its name."""
        return f"{self.model}_{self.data}_{self.metric}"

    @property
    def space(self) -> Space:
        """Return what is searched, as this project's search has it."""
        return Space({None: {name: SearchedParameter(name, kind) for name, kind in self.distributions.items()}})

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        """Return what is searched, as Optuna has it; a "logit" range in its warped coordinate."""
        searched = {name: distribution(*ends) for name, ends in self._ranges.items()}
        flags = _FLAGS.get(self.model, ()) if self._regression else ()
        return searched | {name: CategoricalDistribution((word(False), word(True))) for name in flags}

    def hyperparameters(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Turn a point, in Optuna's values, into what the model is given."""
        given = self.space.child(params).hyperparameters
        logit = {name for name, (_, _, scale) in self._ranges.items() if scale == "logit"}
        return {name: 1 / (1 + math.exp(-value)) if name in logit else value for name, value in given.items()}

    def loss(self, params: Mapping[str, Any]) -> float:
        """Return the mean loss of a point over the folds; inf if the model can't be fitted with it."""
        with (
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
            config_context(assume_finite=True, skip_parameter_validation=True),
        ):
            warnings.simplefilter("ignore")  # a search tries what does not converge
            try:
                losses = [self._fold_loss(self._model(params), fold) for fold in _folds(self.data)]
            except ValueError:
                return math.inf
        loss = float(np.mean(losses))
        return loss if math.isfinite(loss) else math.inf

    def _fold_loss(self, model: Any, fold: Fold) -> float:
        model.fit(fold.features, fold.target)
        if self.metric == "nll":
            right = model.predict_proba(fold.held)[np.arange(len(fold.held)), fold.held_target]
            return -float(np.mean(np.log(np.clip(right, EPSILON, 1))))
        guess = model.predict(fold.held)
        if self.metric == "acc":
            return -float(np.mean(guess == fold.held_target))
        wrong = guess - fold.held_target
        return float(np.mean(np.abs(wrong) if self.metric == "mae" else wrong**2))

    def _model(self, params: Mapping[str, Any]) -> Any:
        maker, fixed = (_REGRESSORS if self._regression else _CLASSIFIERS)[self.model]
        model = maker(**fixed, **self.hyperparameters(params))
        if "random_state" in model.get_params():
            model.set_params(random_state=zlib.crc32(f"{self.name} {key(params)}".encode()))
        if self.model == "SVM" and self.metric == "nll":
            return CalibratedClassifierCV(model, ensemble=False)
        if isinstance(model, LogisticRegression) and self.data != "breast":
            return OneAgainstRest(model)
        return model

    @property
    def _regression(self) -> bool:
        return self.metric in ("mae", "mse")

    @property
    def _ranges(self) -> dict[str, Range]:
        return (_REGRESSION if self._regression else {}).get(self.model, RANGES[self.model])


def distribution(low: float, high: float, scale: str) -> BaseDistribution:
    """Return Optuna's distribution for a range."""
    if scale == "logit":
        return FloatDistribution(math.log(low / (1 - low)), math.log(high / (1 - high)))
    kind = IntDistribution if isinstance(low, int) and isinstance(high, int) else FloatDistribution
    return kind(low, high, log=scale == "log")  # type: ignore[arg-type]


def all_problems() -> dict[str, Problem]:
    """Return every problem by its name."""
    return {
        problem.name: problem
        for data in SETS
        for model in (_REGRESSORS if data == "diabetes" else _CLASSIFIERS)
        for metric in (("mae", "mse") if data == "diabetes" else ("acc", "nll"))
        for problem in (Problem(model, data, metric),)
    }


def key(params: Mapping[str, Any]) -> str:
    """Write a point so that equal points are written alike."""
    return json.dumps(dict(params), sort_keys=True)


@cache
def _folds(data: str) -> list[Fold]:
    """Split off a fifth of the rows, as Bayesmark does, though nothing here scores them; make folds of the rest."""
    features, target = SETS[data](return_X_y=True)
    kept, _, label, _ = train_test_split(features, target, test_size=0.2, random_state=0, shuffle=True)
    splitter = KFold(FOLDS) if data == "diabetes" else StratifiedKFold(FOLDS)
    return [Fold(kept[on], label[on], kept[off], label[off]) for on, off in splitter.split(kept, label)]
