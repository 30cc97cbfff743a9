"""The description of a study's run from the end of its trials on."""

from optuna.trial import TrialState

from steps.errors import NoTrialFinished
from steps.tuning.report import end_note
from steps.tuning.search.search import Outcome
from steps.tuning.trials.results import StudyResult
from steps.tuning.trials.trial import Job, TrialResult
from tests.tuning import fakes


def described(client, run_id):
    """A run's description, and why its study has ended."""
    tags = client.get_run(run_id).data.tags
    return tags["mlflow.note.content"], tags.get("tuning.stopped_by")


def test_an_interrupted_study_is_not_said_to_run(client):
    """Whatever the description said before, it has the finding, and that the study has ended."""
    trial = TrialResult(Job(0), "run", Outcome(TrialState.COMPLETE, (0.5,)))
    run_id = client.create_run("0", tags={"mlflow.note.content": "It was still running"}).info.run_id
    end_note.write(fakes.plan(n_trials=9), StudyResult("signal", {0: trial}, {0: trial}, []), None, run_id)
    text, _ = described(client, run_id)
    assert text.startswith("**The best of 1 trial has ")
    assert text.endswith("** It was interrupted after 1 of 9 trials.")


def test_a_study_without_a_score_says_why(client):
    """The first line of the reason: the rest is the end of an output."""
    run_id = client.create_run("0").info.run_id
    end_note.write_failure(NoTrialFinished("none of 3 trials finished\n    Traceback", stopped_by="n_trials"), run_id)
    assert described(client, run_id) == ("**No trial has finished.** none of 3 trials finished", "n_trials")
