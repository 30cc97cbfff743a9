"""scripts/bench bayesmark: its problems, seeds and scores; the measuring itself is not repeated here."""

import json
import math
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from sklearn.datasets import load_diabetes, load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVR

from scripts.benchmarks import bayesmark
from scripts.benchmarks.yardstick import optimizers, scores
from scripts.benchmarks.yardstick.functions import FUNCTIONS
from scripts.benchmarks.yardstick.problems import all_problems, distribution
from scripts.benchmarks.yardstick.scores import Baseline, baselines, best_in_time, difference, end_times, seed_of

BASELINE = Baseline(best=1.0, clip=3.0, random={15: 2.0})


@pytest.mark.parametrize(
    ("loss", "normalized"), [(1.0, 0.0), (3.0, 1.0), (2.0, 0.5), (7.0, 1.0), (math.inf, 1.0), (0.0, -0.5), (-9.0, -1.0)]
)
def test_a_loss_is_normalized_between_the_best_and_a_median_random_trial_and_clipped(loss, normalized):
    """0 is the best that is known, 1 the clip and all above it; better than the best counts down to -1."""
    assert BASELINE.normalize(loss) == normalized


def test_the_score_is_100_at_the_best_and_0_at_a_median_random_trial():
    """100 x (1 - mean)."""
    assert scores.score([0.0, 0.0]) == 100
    assert scores.score([1.0, 1.0]) == 0
    assert scores.score([0.25, 0.75]) == 50


def test_the_published_baselines_are_those_of_the_problems():
    """Each problem has one, in which the best lies below the clip, and random search gets better with its trials."""
    published = baselines()
    assert set(published) == set(all_problems())
    for baseline in published.values():
        means = [baseline.random[count] for count in scores.AT]
        assert baseline.best < means[-1] <= means[0] < baseline.clip
        assert means == sorted(means, reverse=True)
    at_15 = scores.score([known.normalize(known.random[15]) for known in published.values()])
    assert at_15 == pytest.approx(74.4, abs=0.1)


def test_a_difference_has_the_standard_error_of_its_pairs():
    """Our gain is what our normalized loss is lower, times 100."""
    gain, error = difference([0.1, 0.3], [0.2, 0.2])
    assert gain == pytest.approx(0)
    assert error == pytest.approx(10)
    assert math.isnan(difference([0.1], [0.3])[1])


def test_a_seed_belongs_to_a_problem_and_a_repeat():
    """It depends on these alone, and no two are the same."""
    names = list(all_problems())
    seeds = {(name, repeat): seed_of(name, repeat) for name in names for repeat in range(5)}
    assert len(set(seeds.values())) == len(seeds)
    assert seed_of("kNN_iris_nll", 1) == seed_of("kNN_iris_nll", 1)


@pytest.mark.parametrize(
    ("jobs", "window", "ends"),
    [
        (1, 4, [4, 5, 6, 7]),
        (2, 4, [4, 1, 2, 3]),
        (2, 2, [4, 1, 5, 5]),  # trial 2 waits for trial 0
        (2, 1, [4, 5, 6, 7]),  # each waits for the one before
        (4, 4, [4, 1, 1, 1]),
    ],
)
def test_trials_start_in_order_when_a_place_is_free_and_the_window_is_told(jobs, window, ends):
    """Trial n waits for the trials 0 ... n - window."""
    assert end_times([4.0, 1.0, 1.0, 1.0], jobs, window) == ends


def test_only_trials_that_have_ended_in_time_count():
    """The best of them; inf if none has."""
    assert best_in_time([3.0, 1.0, 2.0], [1, 9, 4], 4) == 2.0
    assert best_in_time([3.0], [2], 1) == math.inf


@pytest.mark.parametrize(
    ("ends", "same"),
    [
        ((1, 25, "linear"), IntDistribution(1, 25)),
        ((10, 5000, "log"), IntDistribution(10, 5000, log=True)),
        ((0.0, 0.5, "linear"), FloatDistribution(0, 0.5)),
        ((1e-4, 1e-3, "log"), FloatDistribution(1e-4, 1e-3, log=True)),
        ((0.1, 0.9, "logit"), FloatDistribution(math.log(0.1 / 0.9), math.log(0.9 / (1 - 0.9)))),
    ],
)
def test_a_range_is_searched_as_bayesmark_warps_it(ends, same):
    """Log ranges on a log scale, logit ranges in the logit."""
    assert distribution(*ends) == same


def test_every_point_of_every_space_is_one_of_its_model():
    """The ends of each space become hyperparameters within the published ranges, and the model takes them."""
    for problem in all_problems().values():
        assert problem.space.distributions == problem.distributions
        for end in ("low", "high"):
            point = {
                name: kind.choices[0] if isinstance(kind, CategoricalDistribution) else getattr(kind, end)
                for name, kind in problem.distributions.items()
            }
            given = problem.hyperparameters(point)
            assert set(given) == set(problem.distributions)
            if "max_features" in given:
                assert given["max_features"] == pytest.approx({"low": 0.01, "high": 0.99}[end])
    assert len(all_problems()) == 82


@pytest.mark.parametrize(
    ("name", "point", "model", "load", "scoring"),
    [
        ("kNN_wine_acc", {"n_neighbors": 3, "p": 2}, KNeighborsClassifier(3), load_wine, "accuracy"),
        ("kNN_iris_nll", {"n_neighbors": 9, "p": 1}, KNeighborsClassifier(9, p=1), load_iris, "neg_log_loss"),
        (
            "lasso_iris_nll",
            {"C": 2.0, "intercept_scaling": 1.0},
            OneVsRestClassifier(LogisticRegression(l1_ratio=1, C=2, solver="liblinear", random_state=0)),
            load_iris,
            "neg_log_loss",
        ),
        (
            "SVM_diabetes_mae",
            {"C": 9.0, "gamma": 1e-3, "tol": 1e-3},
            SVR(C=9, gamma=1e-3),
            load_diabetes,
            "neg_mean_absolute_error",
        ),
    ],
)
def test_a_loss_is_that_of_five_folds_on_four_fifths_of_the_rows(name, point, model, load, scoring):
    """As scikit-learn's `cross_val_score` has it."""
    features, target = load(return_X_y=True)
    rows, _, labels, _ = train_test_split(features, target, test_size=0.2, random_state=0)
    expected = -cross_val_score(model, rows, labels, cv=5, scoring=scoring).mean()
    assert all_problems()[name].loss(point) == pytest.approx(expected, rel=1e-3)


def test_a_loss_is_a_function_of_the_point_alone():
    """A model with a random state gets one that follows from problem and point."""
    problem = all_problems()["DT_iris_nll"]
    point = {"min_samples_leaf": -3.0, "min_samples_split": -3.0, "min_weight_fraction_leaf": -3.0}
    point |= {"max_depth": 3, "max_features": -1.0, "min_impurity_decrease": 0.0}
    np.random.seed(1)
    first = problem.loss(point)
    np.random.seed(2)
    assert problem.loss(point) == first


def test_every_optimizer_starts_from_the_seed_alone_and_counts_its_trials():
    """All have the same ten points first, at any window; a loss that is not finite is a failed trial."""
    problem = all_problems()["kNN_iris_acc"]
    points: dict[str, list[dict[str, Any]]] = {}
    for name, optimizer in optimizers.OPTIMIZERS.items():
        points[name] = []

        def evaluate(params, name=name):
            points[name].append(dict(params))
            return math.inf if len(points[name]) == 3 else float(params["n_neighbors"])

        losses = optimizer(problem, 7, 14, evaluate)
        assert len(losses) == 14
        assert math.isinf(losses[2])
    starts = [asked[:10] for asked in points.values()]
    assert all(start == starts[0] for start in starts)
    assert points["here, window 1"] != points["here, window 8"]
    assert optuna.logging.get_verbosity() == optuna.logging.WARNING


def test_functions_have_their_least_value_where_it_is_known():
    """Branin at (pi, 2.275), Hartmann-6 at the published point."""
    branin, hartmann = FUNCTIONS
    assert branin.loss({"x": math.pi, "y": 2.275}) == pytest.approx(0, abs=1e-5)
    least = (0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573)
    assert hartmann.loss({f"x{n}": x for n, x in enumerate(least)}) == pytest.approx(0, abs=1e-4)


def test_a_point_is_evaluated_once_and_kept_in_the_folder(tmp_path):
    """Also over runs: what is kept has its loss and the seconds that it took then."""
    problem = all_problems()["kNN_iris_acc"]
    first = bayesmark.Evaluations(problem, tmp_path)
    loss = first({"n_neighbors": 3, "p": 2})
    assert first({"p": 2, "n_neighbors": 3}) == loss
    (line,) = (tmp_path / "kNN_iris_acc.jsonl").read_text().splitlines()
    _, kept, seconds = json.loads(line)
    assert (kept, first.seconds) == (loss, [seconds, seconds])
    again = bayesmark.Evaluations(problem, tmp_path)
    assert again({"n_neighbors": 3, "p": 2}) == loss
    assert again.seconds == [seconds]


def test_the_table_has_a_row_for_each_optimizer_and_tells_differences_to_plain_tpe():
    """Also for two at a time, where twice as many trials were made, and for a window's trials less."""
    known = baselines()["kNN_iris_nll"]
    curve = ([known.clip] * 20 + [known.best] * 30, [1.0] * 50)
    slow = ([known.clip] * 50, [1.0] * 50)
    runs = {name: slow if name == optimizers.PLAIN else curve for name in optimizers.OPTIMIZERS}
    lines = bayesmark.table({("kNN_iris_nll", 0): runs, ("kNN_iris_nll", 1): runs}, 50).splitlines()
    assert lines[0].startswith("1 problems, 2 seeds")
    rows = {line[:28].strip(): " ".join(line[28:].split()) for line in lines[1:]}
    none, all_of_it = "0.0 (+0.0 ± 0.0)", "100.0 (+100.0 ± 0.0)"
    assert rows["here, window 4"] == f"{none} {all_of_it} {all_of_it}"
    assert rows["window 4, 3 trials later"] == "+0.0 ± 0.0 +100.0 ± 0.0 +100.0 ± 0.0"
    assert rows["here, window 4, 2 at a time"] == f"{all_of_it} {all_of_it}"
