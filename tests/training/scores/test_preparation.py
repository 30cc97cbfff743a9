"""Folds that are prepared once for a study: the same scores, one preparation, nothing half done."""

import dataclasses
import os
import shutil
import signal
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer

from steps import spaces
from steps.names import Variable
from steps.parameters.settings import TASKS, TrainSettings
from steps.process import free_memory
from steps.process.free_memory import Memory
from steps.training import run, run_plan
from steps.training.model import pipeline
from steps.training.scores import folds, preparation
from steps.tuning.search.search import Search
from steps.tuning.space import load

ROWS = 120
RIDGE = "sklearn.linear_model.Ridge"
FORK = get_context("fork")
# Every shipped space, and an estimator for which columns are renamed; most of automl's regression is in other spaces.
KINDS = [
    pytest.param(name, task, marks=[pytest.mark.slow] if (name, task) == ("automl", "regression") else [])
    for name in [*spaces.names(), "xgboost"]
    for task in TASKS
]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A table of numbers with gaps, categories, texts and dates, its last columns the targets of both tasks."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age [years]": rng.normal(40, 12, ROWS).round(1),
            "city": rng.choice(["Leeds", "York", "Hull"], ROWS),
            "street": [f"{number} Mill Lane" for number in rng.integers(1, 90, ROWS)],
            "since": [f"2024-0{month}-1{day}" for month, day in rng.integers(1, 9, (ROWS, 2))],
        }
    )
    frame["classification"] = np.where(frame["age [years]"] + rng.normal(0, 9, ROWS) > 40, "yes", "no")
    frame["regression"] = frame["age [years]"] * 1.5 + rng.normal(0, 9, ROWS)
    frame.loc[::9, "age [years]"] = np.nan
    frame.loc[::7, "city"] = None
    path = tmp_path_factory.mktemp("it's a table") / "mixed.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The folder that a tuner names."""
    monkeypatch.setenv(Variable.FILES, str(tmp_path))
    return tmp_path


def planned(table, path=RIDGE, hyperparameters=None, task="regression", **more):
    """The plan and the unfitted pipeline of a run."""
    (other,) = set(TASKS) - {task}
    settings = TrainSettings(data=str(table), target=task, drop=other, estimator=path, folds=2, **more)
    plan = run_plan.make(settings, hyperparameters or {})
    return plan, run.build(plan, settings, hyperparameters or {})


def shared(plan, built):
    """The preparation that a run has in common with others."""
    found = preparation.shared(built, plan.examples)
    assert found is not None
    return found


def scores(plan, built, prepared=None):
    """The scores of the folds, and the seconds of their fits."""
    rows = plan.examples
    with pipeline.quiet():
        each = folds.scores(built, rows.features, rows.target, rows.layout.splits, plan.scorer(), prepared)
        return list(zip(*each, strict=True))


def first_fold(plan, prepared):
    """What a preparation gives of the first fold."""
    rows, (fit, score) = plan.examples, plan.examples.layout.splits[0]
    with pipeline.quiet():
        return prepared.fold(0, rows.features.iloc[fit], rows.target.iloc[fit], rows.features.iloc[score])


def kept(files):
    """The names of the prepared folds that are kept whole."""
    return sorted(path.name for path in (files / "prepared").iterdir() if not path.suffix)


# A budget of iterations may run out at a random point.
@pytest.mark.e2e
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("name", "task"), KINDS)
def test_scores_are_the_same_to_the_last_bit(name, task, table, files):
    """Of each estimator of each shipped space, and of one for which columns are renamed."""
    if name in spaces.names():
        space = load(name).for_task(task)
        choices: list[tuple[str, dict[str, object]]] = [(str(path), {}) for path in space.estimators]
        search = Search(space, sampler="random", seed=1, window=99)
        children = [space.child(search.ask()[1]) for _ in range(len(space.tries) + 1)]
        choices += [(str(child.estimator), child.hyperparameters) for child in children]
    else:
        classes = {"classification": "XGBClassifier", "regression": "XGBRegressor"}
        choices = [(f"xgboost.{classes[task]}", {"n_estimators": 5})]
    for path, hyperparameters in choices:
        plan, built = planned(table, path, hyperparameters, task)
        preparation.allow(plan.examples)
        alone, _ = scores(plan, built)
        for _ in range(2):  # the one that prepares, and one that finds it prepared
            assert scores(plan, built, shared(plan, built))[0] == alone, path
    assert kept(files)


def test_a_fold_is_prepared_once(table, files, monkeypatch):
    """The second trial of an estimator prepares nothing; nor does another whose preparation is the same."""
    plan, built = planned(table)
    preparation.allow(plan.examples)
    first, _ = scores(plan, built, shared(plan, built))
    monkeypatch.setattr(preparation.Preparation, "_prepare", None)
    assert scores(plan, built, shared(plan, built))[0] == first
    other_plan, other = planned(table, "sklearn.linear_model.Lasso", {"alpha": 0.1})
    scores(other_plan, other, shared(other_plan, other))
    assert len(kept(files)) == 2


def test_each_fold_of_each_repeat_is_prepared_once(table, files, monkeypatch):
    """And what is found prepared has the scores that it has alone."""
    plan, built = planned(table, repeats=2)
    alone, _ = scores(plan, built)
    preparation.allow(plan.examples)
    scores(plan, built, shared(plan, built))
    assert len(kept(files)) == 4
    monkeypatch.setattr(preparation.Preparation, "_prepare", None)
    assert scores(plan, built, shared(plan, built))[0] == alone


def test_of_folds_that_no_other_trial_has_nothing_is_kept(table, files, monkeypatch):
    """A trial with folds of its own prepares them for itself."""
    plan, built = planned(table, fold_seed=7)
    preparation.allow(plan.examples)
    monkeypatch.setenv(Variable.OWN_FOLDS, "1")
    assert preparation.shared(built, plan.examples) is None


@pytest.mark.parametrize(
    "other", [{"seed": 1}, {"fold_seed": 1}, {"test_size": 0.3}, {"path": "sklearn.ensemble.ExtraTreesRegressor"}]
)
def test_what_it_depends_on_is_told_apart(other, table, files):
    """Other rows and another kind of estimator have files of their own."""
    (plan, built), (other_plan, others) = planned(table), planned(table, **other)
    preparation.allow(plan.examples)
    ours, theirs = shared(plan, built), shared(other_plan, others)
    assert ours.key != theirs.key
    again = planned(table, hyperparameters={"alpha": 2.0})
    assert shared(*again).key == ours.key


def test_another_table_has_files_of_its_own(table, files, tmp_path):
    """Even if it has the same rows in the same folds: one other value is enough."""
    plan, built = planned(table)
    changed = tmp_path / "changed.csv"
    changed.write_text(table.read_text().replace("Leeds", "Bath", 1))
    other_plan, other = planned(changed)
    preparation.allow(plan.examples)
    assert shared(plan, built).key != shared(other_plan, other).key


def test_the_time_of_a_fit_has_the_preparation_in_it(table, files):
    """Whoever did it: trials that find a fold prepared are not told as faster than the one that prepared it."""
    plan, built = planned(table)
    preparation.allow(plan.examples)
    prepared = shared(plan, built)
    took = first_fold(plan, prepared).seconds
    assert took > 0
    assert first_fold(plan, prepared).seconds == took
    assert scores(plan, built, prepared)[1][0] > took


def test_of_several_at_once_one_prepares(table, files):
    """The others wait for it, and read what it has written."""
    plan, built = planned(table)
    preparation.allow(plan.examples)
    prepared = shared(plan, built)
    start, seconds = FORK.Barrier(4), FORK.Queue()

    def child():
        start.wait()
        seconds.put(first_fold(plan, prepared).seconds)

    children = [FORK.Process(target=child) for _ in range(4)]
    for process in children:
        process.start()
    assert len({seconds.get(timeout=120) for _ in children}) == 1
    for process in children:
        process.join()


def test_one_that_is_killed_leaves_nothing_half_done(table, files, monkeypatch):
    """In the middle of its writing: its lock goes with it, and the next one prepares the fold."""
    plan, built = planned(table)
    preparation.allow(plan.examples)
    prepared = shared(plan, built)

    def killed():
        monkeypatch.setattr(Path, "rename", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        first_fold(plan, prepared)

    process = FORK.Process(target=killed)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert kept(files) == []
    assert [path.suffix for path in (files / "prepared").glob("*.unfinished")] == [".unfinished"]
    first_fold(plan, prepared)
    assert len(kept(files)) == 1
    assert list((files / "prepared").glob("*.unfinished")) == []


def test_a_run_by_hand_prepares_its_own_folds(table, files, monkeypatch):
    """Without the folder of a study, where a study does not allow it, and for a table of numbers."""
    plan, built = planned(table)
    assert preparation.shared(built, plan.examples) is None
    preparation.allow(plan.examples)
    assert preparation.shared(built, plan.examples) is not None
    numbers = run_plan.make(TrainSettings(data="iris"), ())
    assert preparation.shared(numbers.estimator(), numbers.examples) is None
    shutil.rmtree(files / "prepared")
    preparation.allow(numbers.examples)
    assert not (files / "prepared").exists()
    monkeypatch.delenv(Variable.FILES)
    preparation.allow(plan.examples)
    assert preparation.shared(built, plan.examples) is None


def test_a_table_that_is_too_large_is_prepared_by_each_trial_and_that_is_said(table, files, monkeypatch):
    """Its folds would take more than a tenth of the free memory."""
    plan, built = planned(table)
    size = int(plan.examples.features.memory_usage(deep=True).sum()) * 2
    for available, allowed in ((size * 10 - 1, False), (size * 10, True)):
        monkeypatch.setattr(free_memory, "of_this_process", lambda free=available: Memory(free, 2 * free))
        preparation.allow(plan.examples)
        assert (preparation.shared(built, plan.examples) is not None) is allowed
        told = run_plan.describe(plan.examples.asked, {})["notes"]
        assert [note for note in told if "prepared once" in note] == (
            [] if allowed else [preparation.note(plan.examples)]
        )


def test_a_fold_that_becomes_too_large_is_prepared_by_each_trial(table, files):
    """One that makes many numbers of a few texts; the next trials learn it from an empty file, and wait for nobody."""
    plan, built = planned(table)
    preparation.allow(plan.examples)
    prepared = dataclasses.replace(shared(plan, built), limit=100.0)
    alone, _ = scores(plan, built)
    for _ in range(2):
        assert scores(plan, built, prepared)[0] == alone
    assert [(files / "prepared" / name).stat().st_size for name in kept(files)] == [0, 0]


def test_somebody_s_own_steps_are_executed_by_each_trial(table, files, monkeypatch):
    """What is kept ends before the first of them; a step that can't be pickled can't be known again."""
    plan, built = planned(table)
    preparation.allow(plan.examples)
    place = len(built.steps) - 1
    own = type("Own", (FunctionTransformer,), {"__module__": "their.module"})()
    built.steps.insert(place, ("own", own))
    assert [name for name, _ in shared(plan, built).rest.steps] == ["own", "ridge"]
    built.steps[place] = ("lambda", FunctionTransformer(lambda rows: rows))
    assert preparation.shared(built, plan.examples) is None
