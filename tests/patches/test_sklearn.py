"""The patches of scikit-learn apply, and change no bit of what it finds."""

import inspect
import pickle
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.tree import _classes as trees
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # a part of scikit-learn's installation

from steps.names import Variable
from steps.parameters.settings import TrainSettings
from steps.patches import sklearn
from steps.training import run_plan

# Modules that have imported `check_random_state` once a forest has been: 50 with scikit-learn 1.9.1.
LEAST_MODULES = 25


class Own(BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """Somebody's own estimator."""

    def __init__(self, depth: int = 3):
        self.depth = depth


class More(Own):
    """One with more."""

    def __init__(self, depth: int = 3, width: int = 1):
        super().__init__(depth)
        self.width = width


class Adding(Own):
    """One that adds to the names which it inherits, in the list that it gets."""

    def __init__(self, depth: int = 3, **more: int):
        super().__init__(depth)
        self.extra = more.get("extra", 5)

    @classmethod
    def _get_param_names(cls) -> list[str]:
        names: list[str] = super()._get_param_names()
        names.append("extra")
        return names


class NoNames(BaseEstimator):  # type: ignore[misc]
    """One whose constructor does not say what it takes."""

    def __init__(self, *depths: int):
        self.depths = depths


@contextmanager
def restored() -> Iterator[None]:
    """Undo all patches in the end."""
    names_of = vars(BaseEstimator)["_get_param_names"]
    check = trees.check_classification_targets
    modules = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("sklearn.") and vars(module).get("check_random_state") is check_random_state
    ]
    try:
        yield
    finally:
        BaseEstimator._get_param_names = names_of
        trees.check_classification_targets = check
        for module in modules:
            module.check_random_state = check_random_state  # type: ignore[attr-defined]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Small fits take many times as long if OpenMP's threads wait for a core."""
    with threadpool_limits(1):
        yield


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(Variable.PATCHES, raising=False)
    with restored():
        yield


# --- they apply


def signatures_read(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> int:
    """Count the constructors whose signatures are read meanwhile."""
    with monkeypatch.context() as patch:
        signature = Mock(wraps=inspect.signature)
        patch.setattr(inspect, "signature", signature)
        work()
    return signature.call_count


def test_each_class_is_read_once(monkeypatch):
    """A clone reads a class's signature several times without the patch, and with it only the first does."""
    assert signatures_read(monkeypatch, lambda: clone(Own())) >= 2
    sklearn.apply()
    assert signatures_read(monkeypatch, lambda: clone(Own())) == 1
    assert signatures_read(monkeypatch, lambda: clone(Own())) == 0


def test_check_random_state_is_replaced_wherever_scikit_learn_has_imported_it():
    """Enough modules hold it by that name, none of them keeps the old one, and `sklearn.utils` hands on the new one."""
    assert sklearn.replace_check_random_state(sklearn.fast_check_random_state) >= LEAST_MODULES
    assert sklearn.replace_check_random_state(sklearn.fast_check_random_state) == 0
    from sklearn.utils import check_random_state as imported_later

    assert imported_later is sklearn.fast_check_random_state


def test_a_forest_s_fit_calls_the_replacement(monkeypatch):
    """Once for each tree at least, with that tree's seed."""
    replacement = Mock(wraps=sklearn.fast_check_random_state)
    monkeypatch.setattr(sklearn, "fast_check_random_state", replacement)
    sklearn.apply()
    forest = RandomForestClassifier(7, random_state=3).fit(*load_iris(return_X_y=True))
    seeds = [call.args[0] for call in replacement.call_args_list]
    assert 3 in seeds
    assert {tree.random_state for tree in forest.estimators_} <= set(seeds)


def test_the_targets_of_a_forest_s_trees_are_seen_at_a_glance(monkeypatch):
    """The check of all that targets may be is called by none of its trees, and without the patch by each."""
    check = Mock(wraps=check_classification_targets)
    monkeypatch.setattr(sklearn, "check_classification_targets", check)
    monkeypatch.setattr(trees, "check_classification_targets", check)
    RandomForestClassifier(7).fit(*load_iris(return_X_y=True))
    assert check.call_count == 7
    sklearn.apply()
    RandomForestClassifier(7).fit(*load_iris(return_X_y=True))
    assert check.call_count == 7
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        DecisionTreeClassifier().fit([[0.0], [1.0]], [0.5, 1.5])
    assert check.call_count == 8


def test_switched_off_nothing_is_replaced(monkeypatch):
    """TUNING_PATCHES=off leaves scikit-learn as it is."""
    before = vars(BaseEstimator)["_get_param_names"]
    monkeypatch.setenv(Variable.PATCHES, "off")
    sklearn.apply()
    assert trees.check_classification_targets is check_classification_targets
    assert vars(BaseEstimator)["_get_param_names"] is before
    assert sklearn.replace_check_random_state(check_random_state) >= LEAST_MODULES


@pytest.mark.parametrize(("value", "applied"), [("on", True), ("off", False)])
def test_a_study_applies_them_before_it_forks(value, applied, monkeypatch):
    """What prepares for the children, in the launcher, applies the patches, unless they are switched off."""
    monkeypatch.setenv(Variable.PATCHES, value)
    run_plan.prepare(asdict(TrainSettings()), [])
    clone(Own())
    assert (signatures_read(monkeypatch, lambda: clone(Own())) == 0) is applied
    assert (sklearn.replace_check_random_state(check_random_state) == 0) is applied


def test_without_their_targets_they_are_left_out(monkeypatch):
    """Another scikit-learn, without what the patches replace, is left as it is."""
    monkeypatch.setattr(sklearn, "_PARAM_NAMES", "_no_such_method")
    monkeypatch.setattr(sklearn, "_CHECK", "no_such_function")
    monkeypatch.setattr(sklearn, "_TARGETS", "no_such_check")
    sklearn.apply()
    assert not hasattr(trees, "no_such_check")
    assert not hasattr(BaseEstimator, "_no_such_method")
    assert sklearn.replace_check_random_state(check_random_state) == 0


# --- names of hyperparameters


@pytest.mark.parametrize(
    "kind",
    [RandomForestClassifier, DecisionTreeClassifier, GradientBoostingClassifier, StandardScaler, Own, More, Adding],
)
def test_hyperparameters_are_the_same(kind):
    """Those of a class, of its clones and of its pipelines, before and after, and again."""
    before = kind().get_params(), list(make_pipeline(kind()).get_params()), kind._get_param_names()
    sklearn.apply()
    for _ in range(3):
        assert (kind().get_params(), list(make_pipeline(kind()).get_params()), kind._get_param_names()) == before
        assert clone(kind()).get_params() == before[0]


def test_a_constructor_without_names_is_still_refused():
    """An error is not remembered, but raised each time."""
    sklearn.apply()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no varargs"):
            NoNames().get_params()


# --- generators

DRAWS: tuple[Callable[[np.random.RandomState], Any], ...] = (
    lambda generator: generator.randint(0, 2**31 - 1, 3),
    lambda generator: generator.normal(size=3),  # keeps one for the next time
    lambda generator: generator.binomial(100, 0.3),  # keeps what it has computed
    lambda generator: generator.permutation(9),
)
NUMBERS = st.integers(0, 2**32 - 1)
SEEDS = st.one_of(NUMBERS, NUMBERS.map(np.uint32), NUMBERS.map(np.int64), st.booleans())
# What may still hold a generator: itself in somebody's hands, or another around its bit generator.
HOLDS: dict[str, Callable[[np.random.RandomState], np.random.RandomState]] = {
    "itself": lambda generator: generator,
    "bit generator": lambda generator: np.random.RandomState(generator._bit_generator),
}


@given(
    st.lists(
        st.tuples(
            SEEDS,
            st.lists(st.sampled_from(DRAWS), max_size=4),
            st.none() | st.sampled_from(sorted(HOLDS)),
            st.booleans(),
        ),
        max_size=12,
    )
)
@settings(deadline=None)
def test_a_generator_that_is_seeded_again_draws_as_a_new_one(requests):
    """Whatever was drawn before it; and one that is still held, however that is, draws on undisturbed."""
    held: list[tuple[Any, Any]] = []
    for seed, draws, hold, interleaved in requests:
        expected, generator = check_random_state(seed), sklearn.fast_check_random_state(seed)
        for draw in draws:
            np.testing.assert_array_equal(draw(expected), draw(generator))
            for one, other in held if interleaved else ():
                np.testing.assert_array_equal(draw(one), draw(other))
        if hold:
            held.append((HOLDS[hold](expected), HOLDS[hold](generator)))
        del generator
    for one, other in held:
        np.testing.assert_array_equal(one.randint(0, 2**31 - 1, 3), other.randint(0, 2**31 - 1, 3))


@given(NUMBERS, st.lists(st.sampled_from(DRAWS), max_size=4))
@settings(deadline=None)
def test_a_generator_is_pickled_and_copied_as_numpy_s_own(seed, draws):
    """Its pickle has the bytes of a new generator's, and what is loaded draws alike."""
    expected, generator = np.random.RandomState(seed), sklearn.fast_check_random_state(seed)
    for draw in draws:
        draw(expected), draw(generator)
    pickled = pickle.dumps(generator)
    assert pickled == pickle.dumps(expected)
    sklearn.fast_check_random_state(0)
    np.testing.assert_array_equal(pickle.loads(pickled).randint(9, size=9), expected.randint(9, size=9))


def test_a_generator_is_used_again_only_if_nobody_holds_it():
    """One serves all who ask one after another; of two at a time each has its own, and so has each thread."""
    first = id(sklearn.fast_check_random_state(1))
    assert id(sklearn.fast_check_random_state(2)) == first
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: id(sklearn.fast_check_random_state(3))).result() != first
    one, other = sklearn.fast_check_random_state(1), sklearn.fast_check_random_state(2)
    assert one is not other


@given(st.lists(NUMBERS, min_size=2, max_size=4))
@settings(deadline=None, max_examples=20)
def test_threads_draw_as_if_alone(seeds):
    """Threads that ask at the same time, over and over, each get the draws of their own seeds."""

    def draws(make: Callable[[int], np.random.RandomState], seed: int) -> list[int]:
        return [int(make(seed + number & 2**32 - 1).randint(2**31)) for number in range(20)]

    with ThreadPoolExecutor(len(seeds)) as pool:
        threads = [pool.submit(draws, sklearn.fast_check_random_state, seed) for seed in seeds]
        assert [thread.result() for thread in threads] == [draws(np.random.RandomState, seed) for seed in seeds]


@pytest.mark.parametrize("seed", [None, np.random, np.random.RandomState(1), -1, 2**32, "one", 1.5])
def test_what_is_no_seed_is_treated_as_before(seed):
    """Another generator is passed on; what can't seed one is refused in the same words."""
    sklearn.fast_check_random_state(0)
    try:
        expected = check_random_state(seed)
    except (ValueError, TypeError) as error:
        with pytest.raises(type(error), match=re.escape(str(error))):
            sklearn.fast_check_random_state(seed)
    else:
        assert sklearn.fast_check_random_state(seed) is expected


def test_a_model_keeps_its_generator():
    """What a fitted model holds is not seeded again under its hands, and its pickle names nothing of this project."""
    sklearn.apply()
    features, target = load_iris(return_X_y=True)
    model = MLPClassifier(hidden_layer_sizes=(2,), max_iter=2, random_state=7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features, target)
    before = model._random_state.get_state()[1].tobytes()
    RandomForestClassifier(n_estimators=3, random_state=1).fit(features, target)
    assert model._random_state.get_state()[1].tobytes() == before
    assert b"steps" not in pickle.dumps(model)


# --- targets

VALUES = st.sampled_from([0.0, 1.0, 2.0, 3.0, -0.0, -1.0, 0.5, 2.0**31, 1e30, np.nan, np.inf, -np.inf])
SHAPES: tuple[Callable[[np.ndarray], Any], ...] = (
    lambda values: values.reshape(-1, 1),
    lambda values: values,
    lambda values: np.c_[values, values],
    lambda values: values.reshape(-1, 1).astype("float32"),
    lambda values: list(values),
    lambda values: values.astype("str").reshape(-1, 1),
)


def told(check: Callable[[Any], object], y: Any) -> tuple[str, list[str]]:
    """What a check says of targets: the error, if it raises one, and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            check(y)
            error = ""
        except ValueError as raised:
            error = str(raised)
    return error, [str(each.message) for each in caught]


@given(st.lists(VALUES, max_size=3).map(lambda few: few * 8) | st.lists(VALUES, max_size=9), st.sampled_from(SHAPES))
@settings(deadline=None)
def test_targets_are_refused_and_warned_of_as_before(values, shape):
    """In the same words, whatever they hold and whatever they are held in."""
    y = shape(np.array(values))
    assert told(sklearn.fast_check_targets, y) == told(check_classification_targets, y)


@pytest.mark.parametrize("classes", [12, 13])
def test_many_classes_are_still_warned_of(classes):
    """More of them than half of the rows may be a quantity."""
    y = (np.arange(25.0) % classes).reshape(-1, 1)
    error, caught = told(sklearn.fast_check_targets, y)
    assert (error, caught) == told(check_classification_targets, y)
    assert len(caught) == (classes == 13)


# --- fits

MAKERS: dict[str, Callable[..., Any]] = {
    "forest": lambda seed: RandomForestClassifier(5, oob_score=True, random_state=seed),
    "extra trees": lambda seed: ExtraTreesRegressor(5, bootstrap=True, max_samples=0.5, random_state=seed),
    "gradient boosting": lambda seed: GradientBoostingClassifier(n_estimators=3, subsample=0.5, random_state=seed),
    "k-means": lambda seed: KMeans(3, n_init=2, random_state=seed),
    "support vectors": lambda seed: SVC(probability=True, random_state=seed),
    "nested": lambda seed: BaggingClassifier(RandomForestClassifier(2), 3, max_features=0.7, random_state=seed),
    "pipeline": lambda seed: make_pipeline(
        StandardScaler(), DecisionTreeClassifier(splitter="random", random_state=seed)
    ),
}
# A seed as it may be given, made anew for each of two fits; None: numpy's own generator, which is seeded before.
SEED_KINDS: dict[str, Callable[[int], Any]] = {
    "int": lambda seed: seed,
    "numpy's": np.uint32,
    "generator": np.random.RandomState,
    "none": lambda seed: None,
}


def answers(maker: Callable[..., Any], kind: str, seed: int, rows: np.ndarray) -> bytes:
    """Return all that two fits, one after the other, make of some rows of iris."""
    features, target = (values[rows] for values in load_iris(return_X_y=True))
    np.random.seed(seed)
    model = maker(SEED_KINDS[kind](seed))
    answered = b""
    for fitted in (model.fit(features, target), clone(model).fit(features[::-1], target[::-1])):
        for method in ("predict", "predict_proba", "transform"):
            if hasattr(fitted, method):
                answered += np.asarray(getattr(fitted, method)(features)).tobytes()
    return answered


@pytest.mark.e2e
@pytest.mark.filterwarnings("ignore:The `probability` parameter was deprecated:FutureWarning")
@pytest.mark.filterwarnings("ignore:Some inputs do not have OOB scores:UserWarning")
@pytest.mark.parametrize("name", MAKERS)
@given(seed=NUMBERS, kind=st.sampled_from(sorted(SEED_KINDS)), thinned=st.integers(2, 5))
@settings(deadline=None, max_examples=6)
def test_fits_are_the_same(name, seed, kind, thinned):
    """To the last bit, whatever the estimator and the kind of seed, with other fits between."""
    rows = np.arange(150)[seed % thinned :: thinned]
    before = answers(MAKERS[name], kind, seed, rows)
    with restored():
        sklearn.apply()
        for _ in range(2):  # the second with a generator that has been used
            assert answers(MAKERS[name], kind, seed, rows) == before


@pytest.mark.e2e
@pytest.mark.parametrize("kind", ["int", "generator"])
def test_a_fit_in_threads_is_the_same(kind):
    """To the last bit, with trees grown by two threads at a time."""
    rows = np.arange(0, 150, 3)

    def maker(seed: Any) -> RandomForestClassifier:
        return RandomForestClassifier(8, n_jobs=2, random_state=seed)

    before = answers(maker, kind, 7, rows)
    sklearn.apply()
    for _ in range(2):
        assert answers(maker, kind, 7, rows) == before


@pytest.mark.parametrize("as_frame", [True, False])
def test_a_fit_of_histograms_is_the_same(as_frame):
    """To the last bit, on a table and on arrays."""
    features, target = load_iris(return_X_y=True, as_frame=as_frame)
    model = HistGradientBoostingClassifier(max_iter=5, early_stopping=True, random_state=0)
    before = clone(model).fit(features, target).predict_proba(features)
    sklearn.apply()
    assert clone(model).fit(features, target).predict_proba(features).tobytes() == before.tobytes()
