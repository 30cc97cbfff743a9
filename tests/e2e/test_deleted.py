"""Somebody deletes what a study works on, while it does."""

import shutil
from contextlib import suppress

import pytest
from mlflow.exceptions import MlflowException

from tests.e2e.test_ends import LONG, started
from tests.e2e.tools import Place, until
from tests.host import ROOT

pytestmark = pytest.mark.e2e


def test_what_is_deleted_amid_a_study(place: Place) -> None:
    """A running trial's run: the trial is run again. The temporary folder: the study goes on.

    The study's own run: a sentence and the exit code 1, no process left; once it is restored, the study goes on.
    """
    process = started(place, place.step_command("steps.tune", **LONG, study="mine"), trials=4, cwd=ROOT)
    output = place.folder / "output.txt"

    def a_trial_is_run_again() -> bool:
        for run in place.client.search_runs(["0"], "tags.`tuning.role` = 'trial' AND attributes.status = 'RUNNING'"):
            with suppress(MlflowException):
                place.client.delete_run(run.info.run_id)
        return "is run again" in output.read_text()

    until(a_trial_is_run_again, 120, "a trial that is run again")
    shutil.rmtree(place.folder / "tmp")
    (parent,) = place.client.search_runs(["0"], "tags.`tuning.role` = 'study'")

    def ended() -> int:
        completed = "tags.`tuning.role` = 'trial' AND tags.`tuning.state` = 'COMPLETE'"
        return len(place.client.search_runs(["0"], completed, max_results=1000))

    before = ended()
    until(lambda: ended() >= before + 4, 120, "more trials")
    place.client.delete_run(parent.info.run_id)
    assert process.wait(timeout=120) == 1
    place.all_gone()
    said = output.read_text()
    assert f"run {parent.info.run_id} ({parent.info.run_name}) in {place.uri} was deleted meanwhile" in said
    assert "Traceback" not in said
    assert "exit code" not in said
    place.client.restore_run(parent.info.run_id)
    place.step("steps.tune", **{**LONG, "n_trials": 1}, study="mine", check=True)
    trials = place.named("mine").trials
    assert [int(run.data.tags["tuning.trial"]) for run in trials] == list(range(len(trials)))
    assert [run.data.tags for run in trials if run.data.tags["tuning.state"] != "COMPLETE"] == []
