"""A study by what is on record of it: real runs in a real database."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from steps.errors import WrongValue
from steps.names import Tag
from steps.parameters import command_line
from steps.parameters.settings import TuneSettings
from steps.training.run_plan import describe
from steps.tuning import study_plan
from steps.tuning.record import resume
from steps.tuning.trials.trial import Adopted, Job, TrialResult

PARAMS = {"n_estimators": 60, "max_depth": 4}
JOB = Job(3, "sklearn.ensemble.RandomForestClassifier", PARAMS)
SCORED = {"cv_accuracy": 0.9}


def planned(*words: str) -> study_plan.StudyPlan:
    given = {"--data": "wine", "--folds": "2", **dict(zip(words[::2], words[1::2], strict=True))}
    return study_plan.make(command_line.read([word for pair in given.items() for word in pair], TuneSettings), describe)


@pytest.fixture(scope="module")
def wine() -> study_plan.StudyPlan:
    return planned()


@pytest.fixture
def trial(client: MlflowClient) -> Callable[..., str]:
    """Make a run of trial 3 of the study; its state, status and scores are given."""

    def make(state: str | None, status: str = "RUNNING", scores: dict[str, float] | None = None, **tags: str) -> str:
        known = {Tag.STUDY: "mine", Tag.ROLE: "trial", Tag.TRIAL: "3", Tag.PARAMS: json.dumps(PARAMS)}
        known |= {f"tuning.{name}": value for name, value in tags.items()}
        run = client.create_run("0", tags=known | ({} if state is None else {Tag.STATE: state}))
        for name, value in (scores or {}).items():
            client.log_metric(run.info.run_id, name, value)
        if status != "RUNNING":
            client.set_terminated(run.info.run_id, status)
        return str(run.info.run_id)

    return make


@pytest.fixture
def parent(client: MlflowClient, wine: study_plan.StudyPlan) -> str:
    """The study's parent run, whose tuner was killed."""
    tags = {Tag.STUDY: "mine", Tag.ROLE: "study", Tag.IDENTITY: json.dumps(resume.identity(wine))}
    run_id: str = client.create_run("0", tags=tags | {Tag.SETTINGS: json.dumps(asdict(wine.settings))}).info.run_id
    return run_id


def load(wine: study_plan.StudyPlan) -> resume.History:
    return resume.load("0", "mine", wine, resume.parents("0", "mine", but=""))


def recall(loaded: resume.History, job: Job = JOB, **how: Any) -> TrialResult | Adopted | None:
    return loaded.recall(job, dict(job.hyperparameters), ["cv_accuracy"], how.get("steps_of"))


COUNTS = [
    ("COMPLETE", "FINISHED", SCORED, TrialState.COMPLETE),
    ("PRUNED", "KILLED", SCORED, TrialState.PRUNED),
    ("FAIL", "FAILED", {}, TrialState.FAIL),
]


@pytest.mark.parametrize(("state", "status", "scores", "expected"), COUNTS)
def test_what_was_settled_is_recalled(
    state: str,
    status: str,
    scores: dict[str, float],
    expected: TrialState,
    trial: Any,
    parent: str,
    wine: study_plan.StudyPlan,
) -> None:
    """A settled trial keeps its number, its state and its score, and is not run again."""
    run_id = trial(state, status, scores, reason="why" if state == "FAIL" else "")
    found = recall(load(wine))
    assert isinstance(found, TrialResult)
    assert (found.run_id, found.outcome.state) == (run_id, expected)
    assert found.outcome.values == ((0.9,) if state == "COMPLETE" else ())


def test_a_child_that_finished_after_its_tuner_died_is_adopted(
    trial: Any, parent: str, wine: study_plan.StudyPlan
) -> None:
    """It carries its objective, which `train` logs last: its run is settled, not run again."""
    run_id = trial(None, "RUNNING", SCORED)
    assert recall(load(wine)) == Adopted(JOB, run_id)


@pytest.mark.parametrize(
    ("state", "status", "scores"),
    [
        (None, "RUNNING", {}),
        (None, "RUNNING", {"cv_accuracy": float("nan")}),
        (None, "KILLED", {}),
        ("STOPPED", "KILLED", SCORED),
        ("STOPPED", "RUNNING", {}),
        ("RETRIED", "FAILED", {}),
    ],
)
def test_what_was_cut_off_is_run_again(
    state: str | None, status: str, scores: dict[str, float], trial: Any, parent: str, wine: study_plan.StudyPlan
) -> None:
    """It is known as what is tried again, and its run is settled."""
    run_id = trial(state, status, scores)
    loaded = load(wine)
    assert recall(loaded) is None
    assert loaded.retry_of(JOB) == run_id
    assert loaded.retries.get(3, 0) == (state == "RETRIED")
    run = MlflowClient().get_run(run_id)
    assert run.data.tags[Tag.STATE] == (state or "STOPPED")
    assert run.info.status != "RUNNING"


def test_the_run_that_counts_is_recalled_whatever_came_before_it(
    trial: Any, parent: str, wine: study_plan.StudyPlan
) -> None:
    """A trial that was cut off, then failed, then succeeded: the last."""
    trial("STOPPED", "KILLED")
    trial("RETRIED", "FAILED")
    last = trial("COMPLETE", "FINISHED", SCORED)
    found = recall(load(wine))
    assert found is not None
    assert found.run_id == last


@pytest.mark.parametrize(("state", "status"), [("COMPLETE", "FINISHED"), ("PRUNED", "KILLED"), ("FAIL", "FAILED")])
def test_a_trial_that_was_half_settled_keeps_its_state(
    state: str, status: str, trial: Any, parent: str, wine: study_plan.StudyPlan
) -> None:
    """The tuner died after it had written a trial's state and before the run's end: the trial counts, its run ends."""
    run_id = trial(state, "RUNNING", SCORED)
    assert recall(load(wine)) is not None
    resume.settle_leftovers("0", "mine")
    run = MlflowClient().get_run(run_id)
    assert (run.data.tags[Tag.STATE], run.info.status) == (state, status)
    assert recall(load(wine)) is not None


def test_another_proposal_than_the_one_on_record_is_refused(
    trial: Any, parent: str, wine: study_plan.StudyPlan
) -> None:
    """A replayed ask must give the parameters on record; where it does not, both are told."""
    trial("COMPLETE", "FINISHED", SCORED)
    other = Job(3, JOB.estimator, {**PARAMS, "max_depth": 5})
    with pytest.raises(WrongValue, match=r'trial 3 tried .*"max_depth": 4.*would now try .*"max_depth": 5'):
        recall(load(wine), other)


@pytest.mark.parametrize(("tag", "expected"), [("[[0, 0.5], [1, 0.25]]", 2), (None, 3)])
def test_what_a_pruner_has_seen_is_read_from_the_tag_or_from_the_metric(
    tag: str | None, expected: int, trial: Any, parent: str, wine: study_plan.StudyPlan
) -> None:
    """By the metric where the tag would have been too long, and then up to the step of the decision."""
    tags = {"reported": tag} if tag else {}
    trial("PRUNED", "KILLED", SCORED, pruned_at="2", **tags)
    found = recall(load(wine), steps_of=lambda _: [(step, 0.1 * step) for step in range(9)])
    assert isinstance(found, TrialResult)
    assert len(found.outcome.steps) == expected


DIFFERENT = [
    (["--seed", "7"], "seed 42, now 7"),
    (["--threads", "2", "--window", "8"], "threads 1, now 2; window 4, now 8"),
    (["--space", "knn"], "estimators"),
    (["--metric", "f1_macro"], "metric accuracy, now f1_macro"),
    (["--data", "iris"], "data "),
    (["--split", "random"], "split stratified, now random"),
    (["--sampler", "random", "--pruner", "median"], "sampler tpe, now random; pruner none, now median"),
]


@pytest.mark.parametrize(("words", "said"), DIFFERENT, ids=[words[1] for words, _ in DIFFERENT])
def test_another_study_of_that_name_is_refused(words: list[str], said: str, client: MlflowClient, parent: str) -> None:
    """Its differences are listed, and the ways on."""
    with pytest.raises(WrongValue) as caught:
        resume.check_same("mine", planned(*words), resume.parents("0", "mine", but=""))
    (problem,) = caught.value.problems
    assert said in problem
    assert "give another name, or start from its trials with --warm_start" in problem


def test_settings_that_are_not_given_are_taken_from_the_record(parent: str, client: MlflowClient) -> None:
    """And those that are given stand."""
    settings = command_line.read(["--study", "mine", "--n_trials", "9"], TuneSettings)
    taken = resume.take_over(settings, resume.parents("0", "mine", but=""))
    assert (taken.data, taken.folds, taken.n_trials, taken.study) == ("wine", 2, 9, "mine")


def test_a_record_of_before_that_says_none_is_the_same_study(
    parent: str, client: MlflowClient, wine: study_plan.StudyPlan
) -> None:
    """Where earlier versions had no pruner and nothing to drop, they wrote the text none; nothing differs by that."""
    for tag in (Tag.IDENTITY, Tag.SETTINGS):
        now = json.loads(client.get_run(parent).data.tags[tag])
        client.set_tag(parent, tag, json.dumps({**now, "pruner": "none", "drop": "none"}))
    earlier = resume.parents("0", "mine", but="")
    resume.check_same("mine", wine, earlier)
    assert resume.take_over(wine.settings, earlier) == wine.settings


def test_runs_that_a_server_made_twice_are_settled(trial: Any, parent: str) -> None:
    """What is still RUNNING of a study at its end belongs to nobody."""
    run_id = trial(None)
    resume.settle_leftovers("0", "mine")
    run = MlflowClient().get_run(run_id)
    assert (run.info.status, run.data.tags[Tag.STATE]) == ("KILLED", "STOPPED")
