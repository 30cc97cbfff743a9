"""The shipped spaces at work: each is fitted, by its defaults and at random points, for both tasks."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine

from steps import spaces
from steps.parameters.settings import TASKS
from steps.training.model import estimator
from steps.tuning.search.search import Search
from steps.tuning.space import load

ROWS = 80  # of all classes: the set is sorted by them


def small(task):
    features, target = (load_wine if task == "classification" else load_diabetes)(return_X_y=True, as_frame=True)
    rows = np.random.default_rng(0).permutation(len(target))[:ROWS]
    return features.iloc[rows], target.iloc[rows]


# A budget of iterations may run out at a random point: a score, if no good one.
@pytest.mark.e2e
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", spaces.names())
def test_a_shipped_space_fits(name, task):
    """The default of each estimator and three random trials of each space fit and predict, without a warning."""
    features, target = small(task)
    space = load(name).for_task(task)
    choices: list[tuple[str, dict[str, object]]] = [(str(path), {}) for path in space.estimators]
    search = Search(space, sampler="random", seed=1, window=99)
    for _ in range(len(space.tries) + 3):
        choice = space.child(search.ask()[1])
        choices.append((str(choice.estimator), choice.hyperparameters))
    for path, hyperparameters in choices:
        built = estimator.build(estimator.import_maker(path, task), hyperparameters, seed=1, threads=1)
        with estimator.rejections_as_wrong_values(path):
            predicted = built.fit(features, target).predict(features)
        assert predicted.shape == target.shape
        assert set(predicted) <= set(target) if task == "classification" else np.isfinite(predicted).all()
