"""A study that has a name: two tuners, another study of that name, and what a second start does."""

import signal
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.tools import Place, until
from tests.host import ROOT

pytestmark = pytest.mark.e2e

SMALL: dict[str, Any] = {"data": "iris", "space": "knn", "folds": 2, "n_trials": 6, "jobs": 2, "study": "mine"}


@pytest.fixture(scope="module")
def done(new_place: Callable[..., Place]) -> Place:
    """A finished study."""
    place = new_place()
    place.step("steps.tune", check=True, **SMALL)
    return place


def test_another_study_of_that_name_is_refused(done: Place) -> None:
    """Each difference is named, and the two ways on; no child is launched, and its run is no part of the study."""
    before, runs = done.named("mine").parent, done.named("mine").children
    ended = done.step("steps.tune", **{**SMALL, "space": "svm", "folds": 3, "window": 2, "pruner": "median"})
    assert ended.code == 2, ended.stderr
    (line,) = [line for line in ended.stderr.splitlines() if "is the name of another study on record" in line]
    assert "folds 2, now 3; window 4, now 2; pruner none, now median:startup=5,warmup=auto,interval=1; " in line
    assert "another name, or start from its trials with --warm_start" in line
    after = done.named("mine")
    assert (after.parent.info.run_id, len(after.children)) == (before.info.run_id, len(runs))
    (refused,) = done.client.search_runs(["0"], "tags.`tuning.role` = 'nothing' AND attributes.status = 'FAILED'")
    note = refused.data.tags["mlflow.note.content"]
    assert note.startswith("Nothing was run: --study 'mine': is the name of another study ")


def test_it_goes_on_to_more_trials(done: Place) -> None:
    """n_trials is a total: the first stay, only the others are run, and the baseline is not run again.

    Settings need not be given again; the newest parent speaks for all.
    """
    parent, trials, runs = (
        done.named("mine").parent,
        done.named("mine").essence("accuracy"),
        done.named("mine").children,
    )
    ended = done.step("steps.tune", check=True, study="mine", n_trials=8)
    after = done.named("mine")
    assert "goes on, with its" in ended.stderr
    assert after.essence("accuracy")[:6] == trials
    assert len(after.trials) == 8
    assert len(after.children) == len(runs) + 2
    assert after.parent.data.metrics["baseline"] == parent.data.metrics["baseline"]
    assert after.parent.data.metrics["trials_complete"] == 8
    assert parent.info.run_id in after.parent.data.tags["tuning.continues"].split(",")
    assert after.parent.info.run_name == f"{parent.info.run_name} (resumed 1)"


def test_a_complete_study_says_so_and_has_all_that_it_has(done: Place) -> None:
    """Started again, or with a smaller n_trials: no trial is run or left out, in the lines and on the record."""
    before = done.named("mine")
    count = len(before.trials)
    ended = done.step("steps.tune", check=True, study="mine", n_trials=2)
    after = done.named("mine")
    says = f"tune: --study 'mine': has {count} trials on record, more than --n_trials 2: all of them count"
    assert says in ended.stderr.splitlines()
    assert after.parent.data.metrics["trials_complete"] == count
    assert after.parent.data.tags["tuning.best_run"] == before.parent.data.tags["tuning.best_run"]
    again = done.step("steps.tune", check=True, study="mine")
    assert f"is complete: its {count} trials are on record; with a higher --n_trials it goes on" in again.stderr
    assert len(done.named("mine").children) == len(before.children)


def test_a_dry_run_of_it_claims_nothing(done: Place) -> None:
    """It may be looked at while another tuner works on it, and its run is no part of it."""
    before = done.named("mine").parent.info.run_id
    ended = done.step("steps.tune", check=True, study="mine", dry_run="true")
    assert "knn" in ended.stdout.lower() or "neighbors" in ended.stdout
    assert done.named("mine").parent.info.run_id == before
    (dry,) = done.client.search_runs(["0"], "tags.`tuning.role` = 'nothing' AND attributes.status = 'FINISHED'")
    note = dry.data.tags["mlflow.note.content"]
    assert note.startswith("A dry run: nothing was run.\n\n```text\nObjective: maximize ")
    assert "tuning.study" not in dry.data.tags


def test_of_two_tuners_one_works(place: Place) -> None:
    """Started together, or one after the other: the older run has the study, the other is told who does."""
    long = {**SMALL, "n_trials": 1000}
    first = place.start(place.step_command("steps.tune", **long), cwd=ROOT)
    second = place.start(place.step_command("steps.tune", **long), cwd=ROOT)
    until(
        lambda: None not in (first.poll(), second.poll()) or (first.poll() or second.poll()) == 2, 300, "one gives up"
    )
    at_work = second if first.poll() == 2 else first
    assert at_work.poll() is None
    trials = "tags.`tuning.role` = 'trial'"
    until(lambda: len(place.client.search_runs(["0"], trials)) >= 3, 300, "trials of the other")
    third = place.step("steps.tune", **long)
    assert third.code == 2
    assert f"process {at_work.pid} on" in third.stderr
    assert {run.data.tags["mlflow.parentRunId"] for run in place.client.search_runs(["0"], trials)} == {
        place.named("mine").parent.info.run_id
    }
    at_work.send_signal(signal.SIGTERM)
    assert at_work.wait(timeout=120) == 143
    place.all_gone()


@pytest.mark.slow
def test_sixteen_at_a_time_on_sqlite(place: Place) -> None:
    """200 trials, 16 children at once on one database file: not one fails."""
    ended = place.step(
        "steps.tune", check=True, data="iris", space="knn", folds=1, sampler="random", n_trials=200, jobs=16, window=16
    )
    study = place.study()
    assert study.parent.data.metrics["trials_complete"] == 200, ended.stderr
    assert {run.info.status for run in study.children} == {"FINISHED"}
    assert not [run for run in study.children if "tuning.retry_of" in run.data.tags]
