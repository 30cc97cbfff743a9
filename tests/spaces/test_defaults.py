"""The shipped spaces hold the defaults of their estimators: as they are, or as another spelling of the same fit."""

from math import isqrt

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine

from steps import spaces
from steps.parameters.settings import TASKS
from steps.training.model import estimator
from steps.tuning.space import load
from steps.tuning.space.parameter import FixedParameter, SearchedParameter

# Defaults that are no number of a range, and the number that does the same for a table of so many columns.
SAME = {
    ("max_depth", None): lambda columns: 20,  # deeper than any tree of the sets that scikit-learn ships
    ("max_features", "sqrt"): lambda columns: (isqrt(columns) + 0.5) / columns,  # a share, rounded down
    ("gamma", "scale"): lambda columns: 1 / columns,  # of standardized columns, whose variance is 1
    ("l2_regularization", 0.0): lambda columns: 1e-6,
}
ESTIMATORS = [
    pytest.param(name, task, path, id=f"{name}-{str(path).rpartition('.')[2]}")
    for name in spaces.names()
    for task in TASKS
    for path in load(name).for_task(task).estimators
]


def defaults(name, task, path, columns):
    """Return what a baseline runs, as hyperparameters of the space; a fixed budget of iterations counts as its own."""
    space = load(name).for_task(task)
    built = estimator.build(estimator.import_maker(path, task), {}, seed=1, threads=1).get_params()
    values: dict[str, object] = {}
    params: dict[str, object] = {}
    for key, entry in space.entries[path].items():
        last, value = key.rpartition("__")[2], built[key]
        if isinstance(entry, SearchedParameter) and not entry.is_active(params | {"estimator": path}):
            continue
        if isinstance(entry, FixedParameter):
            assert last == "max_iter" and (value == -1 or entry.value > value), f"{key} is fixed at another value"
            values[key] = entry.value
            continue
        values[key] = value if not entry.rejects(value) else SAME[last, value](columns)
        params[entry.name] = entry.suggested(values[key])
    return values


@pytest.mark.parametrize(("name", "task", "path"), ESTIMATORS)
def test_the_defaults_are_a_point_of_each_shipped_space(name, task, path):
    """The search can try what the baseline runs, for tables of up to 100 columns."""
    for columns in (4, 13, 64, 100):
        assert load(name).for_task(task).place(path, defaults(name, task, path, columns)) is not None


@pytest.mark.e2e
@pytest.mark.parametrize(("name", "task", "path"), [case for case in ESTIMATORS if case.values[0] != "mlp"])
def test_that_point_predicts_what_the_defaults_predict(name, task, path):
    """The other spelling of a default is the same fit; networks are left out: their default budget ends too early."""
    features, target = (load_wine if task == "classification" else load_diabetes)(return_X_y=True, as_frame=True)
    rows = np.random.default_rng(0).permutation(len(target))
    fit, rest = rows[:80], rows[80:]
    maker, predicted = estimator.import_maker(path, task), []
    nothing: dict[str, object] = {}
    for hyperparameters in (nothing, defaults(name, task, path, features.shape[1])):
        built = estimator.build(maker, hyperparameters, seed=1, threads=1)
        predicted.append(built.fit(features.iloc[fit], target.iloc[fit]).predict(features.iloc[rest]))
    if task == "classification":
        assert (predicted[0] == predicted[1]).all()
    else:
        np.testing.assert_allclose(predicted[1], predicted[0], rtol=1e-3)
