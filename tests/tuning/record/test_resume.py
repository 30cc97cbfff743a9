"""The trials on record of a study: which count, which are run again."""

from dataclasses import replace
from typing import Any, cast

import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from steps.errors import WrongValue
from steps.names import Tag
from steps.tuning import study_plan
from steps.tuning.record import leftovers, resume
from steps.tuning.search.constraints import Constraint
from steps.tuning.search.objective import Objective
from steps.tuning.trials.trial import Adopted, Job, Rung, TrialResult
from tests.tuning import fakes
from tests.tuning.record.conftest import PARAMS

JOB = Job(3, "sklearn.ensemble.RandomForestClassifier", PARAMS)
SCORED = {"cv_accuracy": 0.9}


def load(wine: study_plan.StudyPlan) -> resume.History:
    return resume.load("0", "mine", wine, resume.earlier_parents("0", "mine", but=""))


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
    parent_run: str,
    wine: study_plan.StudyPlan,
) -> None:
    """A settled trial keeps its number, its state and its score, and is not run again."""
    run_id = trial(state, status, scores, reason="why" if state == "FAIL" else "")
    recalled = recall(load(wine))
    assert isinstance(recalled, TrialResult)
    assert (recalled.run_id, recalled.outcome.state) == (run_id, expected)
    assert recalled.outcome.values == ((0.9,) if state == "COMPLETE" else ())


def test_a_child_that_finished_after_its_tuner_died_is_adopted(
    trial: Any, parent_run: str, wine: study_plan.StudyPlan
) -> None:
    """It carries its objective, which `train` logs last: its run is settled, not run again."""
    run_id = trial(None, "RUNNING", SCORED)
    assert recall(load(wine)) == Adopted(JOB, run_id)


def test_a_trial_is_recalled_as_feasible_as_it_was(trial: Any, parent_run: str, wine: study_plan.StudyPlan) -> None:
    """By the metrics on its run; one that lacks a bounded one before it was settled is run again."""
    bounds = (Constraint(Objective("cpu_s", "minimize"), "<=", 1.0),)
    trial("COMPLETE", "FINISHED", {**SCORED, "cpu_s": 1.25})
    recalled = load(wine).recall(JOB, PARAMS, ["cv_accuracy"], None, bounds)
    assert isinstance(recalled, TrialResult)
    assert (recalled.outcome.excess, recalled.outcome.counts) == ((0.25,), ())
    trial(None, "RUNNING", SCORED)
    assert isinstance(recall(load(wine)), Adopted)
    assert not isinstance(recall(load(replace(wine, constraints=bounds))), Adopted)


@pytest.mark.parametrize(
    ("status", "scores", "is_adopted"),
    [
        ("FINISHED", {"loss": float("nan")}, True),  # its last step; the best is still to be read
        ("RUNNING", {"loss": 0.5}, False),
        ("FINISHED", {"other": 0.5}, False),
    ],
)
def test_a_child_whose_best_step_counts_is_adopted_if_it_logged_steps(
    status: str, scores: dict[str, float], is_adopted: bool, trial: Any, parent_run: str
) -> None:
    """Only a run that has ended: one that is cut off may have had its best before it."""
    run_id = trial(None, status, scores)
    plan = replace(fakes.plan(), objectives=(Objective("loss:best", "minimize", "best"),))
    history = resume.load("0", "mine", plan, resume.earlier_parents("0", "mine", but=""))
    assert [run.info.run_id for run in history.trials.values()] == ([run_id] if is_adopted else [])


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
    state: str | None, status: str, scores: dict[str, float], trial: Any, parent_run: str, wine: study_plan.StudyPlan
) -> None:
    """The new run names the old one as what it retries, and the old one is settled."""
    run_id = trial(state, status, scores)
    loaded = load(wine)
    assert recall(loaded) is None
    assert loaded.retry_of(JOB) == run_id
    assert loaded.retries.get(3, 0) == (state == "RETRIED")
    run = MlflowClient().get_run(run_id)
    assert run.data.tags[Tag.STATE] == (state or "STOPPED")
    assert run.info.status != "RUNNING"


def test_the_run_that_counts_is_recalled_whatever_came_before_it(
    trial: Any, parent_run: str, wine: study_plan.StudyPlan
) -> None:
    """A trial that was cut off, then failed, then succeeded: the last."""
    trial("STOPPED", "KILLED")
    trial("RETRIED", "FAILED")
    last = trial("COMPLETE", "FINISHED", SCORED)
    recalled = recall(load(wine))
    assert recalled is not None
    assert recalled.run_id == last


@pytest.mark.parametrize(("state", "status"), [("COMPLETE", "FINISHED"), ("PRUNED", "KILLED"), ("FAIL", "FAILED")])
def test_a_trial_that_was_half_settled_keeps_its_state(
    state: str, status: str, trial: Any, parent_run: str, wine: study_plan.StudyPlan
) -> None:
    """The tuner died after it had written a trial's state and before the run's end: the trial counts, its run ends."""
    run_id = trial(state, "RUNNING", SCORED)
    assert recall(load(wine)) is not None
    leftovers.settle_running("0", "mine")
    run = MlflowClient().get_run(run_id)
    assert (run.data.tags[Tag.STATE], run.info.status) == (state, status)
    assert recall(load(wine)) is not None


def test_another_proposal_than_the_one_on_record_is_refused(
    trial: Any, parent_run: str, wine: study_plan.StudyPlan
) -> None:
    """A replayed ask must give the parameters on record; if it does not, the error has both."""
    trial("COMPLETE", "FINISHED", SCORED)
    other = Job(3, JOB.estimator, {**PARAMS, "max_depth": 5})
    with pytest.raises(WrongValue, match=r'trial 3 tried .*"max_depth": 4.*would now try .*"max_depth": 5'):
        recall(load(wine), other)


@pytest.mark.parametrize(("tag", "expected"), [("[[0, 0.5], [1, 0.25]]", 2), (None, 3)])
def test_what_a_pruner_has_seen_is_read_from_the_tag_or_from_the_metric(
    tag: str | None, expected: int, trial: Any, parent_run: str, wine: study_plan.StudyPlan
) -> None:
    """By the metric where the tag would have been too long, and then up to the step of the decision."""
    tags = {"reported": tag} if tag else {}
    trial("PRUNED", "KILLED", SCORED, pruned_at="2", **tags)
    recalled = recall(load(wine), steps_of=lambda _: [(step, 0.1 * step) for step in range(9)])
    assert isinstance(recalled, TrialResult)
    assert len(recalled.outcome.steps) == expected


def test_a_baseline_that_was_cut_off_is_named_too(trial: Any, parent_run: str, wine: study_plan.StudyPlan) -> None:
    """By its estimator, if it has one: the new run may go on from its checkpoint."""
    first, own = (trial(None, "RUNNING", role="baseline", **tags) for tags in ({"estimator": "a.B"}, {}))
    loaded = load(wine)
    assert [loaded.retry_of(Job(None, estimator)) for estimator in ("a.B", None, "a.C")] == [first, own, None]
    assert loaded.retry_of(JOB) is None


def test_evaluations_of_one_trial_are_kept_apart(trial: Any, parent_run: str, wine: study_plan.StudyPlan) -> None:
    """Where trials are promoted, runs are known by their evaluations: one was cut off, the one below it counts."""
    below = trial("PRUNED", "FINISHED", SCORED, evaluation="5", budget="1", reported="[[1, 0.9]]")
    cut_off = trial(None, "RUNNING", evaluation="9", budget="3")
    loaded = load(wine)
    first, second = (
        replace(JOB, rung=Rung(place, "epochs", budget, is_top=False)) for place, budget in ((5, 1), (9, 3))
    )
    recalled = recall(loaded, first, steps_of=lambda _: [])
    assert isinstance(recalled, TrialResult)
    assert (recalled.run_id, recalled.outcome.steps) == (below, ((1, 0.9),))
    assert recalled.may_go_on
    assert recall(loaded, second) is None
    assert loaded.retry_of(second) == cut_off
    assert loaded.attempts == {}
    again = trial("RETRIED", "FAILED", evaluation="9", budget="3", retry_of=cut_off)
    assert (load(wine).retry_of(second), load(wine).attempts) == (again, {again: cut_off})
    assert recall(loaded, replace(JOB, rung=Rung(3, "epochs", 1, is_top=False))) is None
    with pytest.raises(WrongValue, match="trial 3 tried"):
        recall(loaded, replace(first, number=4))


@pytest.mark.parametrize(
    ("recorded", "wanted", "becomes", "says"),
    [
        ([0, 1, 2], 5, 5, ""),
        ([0, 1, 2], 3, 3, "is complete: its 3 trials are on record; with a higher --n_trials it goes on"),
        ([0, 1, 2], 2, 3, "has 3 trials on record, more than --n_trials 2: all of them count"),
        ([0, 2], 3, 3, ""),  # one was cut off
        (
            [0, 1, 3],
            2,
            4,
            "has 3 trials on record, more than --n_trials 2: all of them count, and what was cut off between them is "
            "run again",
        ),
        ([], 1, 1, ""),
    ],
)
def test_a_study_has_what_it_has(
    recorded: list[int], wanted: int, becomes: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A smaller n_trials leaves no trial out; that there is none to run is said."""
    plan = fakes.plan(n_trials=wanted)
    history = resume.History(trials=dict.fromkeys(recorded, cast(Run, None)))
    assert resume.with_all_trials(plan, history, "mine").settings.n_trials == becomes
    assert capsys.readouterr().err == (f"tune: --study 'mine': {says}\n" if says else "")


def test_the_first_start_is_the_first_though_the_clock_was_set_back(client: MlflowClient) -> None:
    """Each start names those before it: settings come from the last, checkpoints lie under the first."""
    names = {Tag.STUDY: "mine", Tag.ROLE: "study", Tag.IDENTITY: "{}"}
    starts: list[str] = []
    for at in (7_200_000, 3_600_000, 3_700_000):
        before = {Tag.CONTINUES: ",".join(starts)} if starts else {}
        starts.append(client.create_run("0", start_time=at, tags=names | before).info.run_id)
    assert [run.info.run_id for run in resume.earlier_parents("0", "mine", but="")] == starts
