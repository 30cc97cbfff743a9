"""Children that run a trial once more: with fakes that launch nothing."""

from typing import Any

import pytest
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from optuna.trial import TrialState

from steps.errors import ServerLost
from steps.names import Role, State, Tag
from steps.tracking import outage
from steps.tuning.champion.rerun import Rerun
from steps.tuning.record import lock
from steps.tuning.record.lock import StudyLock
from steps.tuning.search.constraints import Constraint
from steps.tuning.search.objective import Objective
from steps.tuning.trials.places import Place
from steps.tuning.trials.trial import Job, TrialResult
from tests.tuning import fakes
from tests.tuning.fakes import RETRIED, Clock, End, FakeChildRuns, FakeInterrupts, newest, nobody, oldest, run_of
from tests.tuning.trials.fake import places

JOBS = [Job(n, hyperparameters={"x": n}, role=Role.CONFIRMATION, parameters={"fold_seed": "7"}) for n in (4, 2, 9)]


def score(job: Job, _launches: int) -> End:
    return (job.number or 0) / 10


def rerun(end_of: Any = score, *, ending: Any = oldest, jobs: int = 2, retries: int = 1, **how: Any) -> Rerun:
    children: Any = FakeChildRuns(Clock(), end_of, ending)
    interrupts: Any = FakeInterrupts()
    return Rerun(children, interrupts, StudyLock(fakes.PARENT), places(jobs), retries, **how)


def run(made: Rerun, jobs: list[Job] = JOBS) -> list[TrialResult]:
    with fakes.surroundings(fake(made)):
        return made.run(jobs)


def fake(made: Rerun) -> FakeChildRuns:
    assert isinstance(made.children, FakeChildRuns)
    return made.children


@pytest.mark.parametrize("ending", [oldest, newest])
@pytest.mark.parametrize("jobs", [1, 2, 8])
def test_results_come_in_the_order_of_the_jobs(jobs, ending):
    """Whatever ends first, and however many run at a time."""
    made = rerun(jobs=jobs, ending=ending)
    assert [(ended.job.number, ended.value) for ended in run(made)] == [(4, 0.4), (2, 0.2), (9, 0.9)]
    assert fake(made).numbers == [4, 2, 9]


def test_no_more_run_at_a_time_than_there_are_places():
    """Three jobs on two places: the third starts when the first has ended."""
    made, most = rerun(jobs=2), []

    def count(running: list[fakes.FakeChild]) -> list[fakes.FakeChild]:
        most.append(len(running))
        return running[:1]

    fake(made).ending = count
    run(made)
    assert most == [2, 2, 1]


def test_a_failure_that_may_pass_is_tried_again():
    """In a run that names the one before; the last failure counts."""
    made = rerun(lambda job, launches: RETRIED if launches < job.number - 2 else 0.5, jobs=1, retries=2)
    results = run(made, JOBS[:2])
    assert [ended.outcome.state for ended in results] == [TrialState.COMPLETE, TrialState.COMPLETE]
    assert [(child.number, child.retry_of) for child in fake(made).launched] == [
        (4, None),
        (2, None),
        (4, "run 0"),
        (4, "run 2"),
    ]
    (failed,) = run(rerun(lambda *_: RETRIED, retries=2), JOBS[:1])
    assert (failed.outcome.state, failed.retried) == (TrialState.FAIL, False)


def record(role: str = Role.CONFIRMATION, state: str = State.COMPLETE, number: str = "4", **params: str) -> Run:
    tags = {Tag.ROLE: role, Tag.STATE: state, Tag.TRIAL: number}
    return run_of("old", tags, {fakes.OBJECTIVE: 0.75}, {"fold_seed": "7", "x": "4", "data": "iris", **params})


def test_what_is_on_record_is_not_run_again():
    """A run of the same role, trial and parameters that ended well gives the result."""
    made = rerun(recorded=[record()])
    results = run(made)
    assert [(ended.run_id, ended.value) for ended in results] == [("old", 0.75), ("run 0", 0.2), ("run 1", 0.9)]


def test_what_was_cut_off_is_named_by_the_run_that_may_go_on_from_it():
    """The newest with the same parameters."""
    others = [record(state=State.STOPPED), record(state=State.STOPPED, number="2"), record(Role.CHAMPION)]
    made = rerun(recorded=others)
    run(made)
    assert [(child.number, child.retry_of) for child in fake(made).launched] == [(4, "old"), (2, None), (9, None)]


def test_what_is_on_record_breaks_the_constraints_that_it_broke():
    """By the metrics on its run."""
    made = rerun(recorded=[record()])
    fake(made).constraints = (Constraint(Objective(fakes.OBJECTIVE, "maximize"), "<=", 0.5),)
    assert run(made)[0].outcome.excess == (0.25,)


def test_of_what_is_no_trial_the_run_without_a_number_counts():
    """The champion of a study is taken for the defaults if it is of these, and not of a trial."""
    job = Job(None, role=Role.CHAMPION, parameters={"refit": "true"})
    of_trial = record(Role.CHAMPION, refit="true")
    tags = {Tag.ROLE: Role.CHAMPION, Tag.STATE: State.COMPLETE}
    of_defaults = run_of("defaults", tags, {fakes.OBJECTIVE: 0.8}, {"refit": "true"})
    assert [ended.run_id for ended in run(rerun(lambda *_: 0.8, recorded=[of_trial]), [job])] == ["run 0"]
    assert [ended.run_id for ended in run(rerun(recorded=[of_trial, of_defaults]), [job])] == ["defaults"]


OTHERS = {
    "another role": record(role=Role.CHAMPION),
    "it failed": record(state=State.FAIL),
    "another trial": record(number="5"),
    "other parameters": record(fold_seed="8"),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_another_run_on_record_does_not_count(other):
    """Then the job is run."""
    assert [ended.run_id for ended in run(rerun(recorded=[other]), JOBS[:1])] == ["run 0"]


def test_an_interrupt_ends_the_children():
    """What had ended by then is returned."""
    made = rerun(jobs=2)

    def interrupted(running: list[fakes.FakeChild]) -> list[fakes.FakeChild]:
        made.interrupts.noted = True  # type: ignore[misc] # a fake
        return running[:1]

    fake(made).ending = interrupted
    assert [ended.job.number for ended in run(made)] == [4]
    assert (fake(made).running, fake(made).stopped) == ([], ["run 1"])
    assert made.interrupts.is_answered  # type: ignore[attr-defined] # a fake


def test_if_a_launch_raises_no_child_is_left_running():
    """The error is passed on: that a server is away becomes what to do about it."""
    made = rerun(jobs=3, ending=nobody)
    launch = fake(made).launch

    def second_raises(job: Job, place: Place, **how: Any) -> fakes.FakeChild:
        if fake(made).launched:
            raise MlflowException("API request to here failed")
        return launch(job, place, **how)

    fake(made).launch = second_raises  # type: ignore[method-assign]
    with pytest.raises(ServerLost), outage.raised_as_server_lost("mine"):
        run(made)
    assert (fake(made).running, fake(made).stopped) == ([], ["run 0"])


def test_heartbeats_continue_while_a_child_runs():
    """One every 20 s of a child that takes 100 s."""
    made = rerun(jobs=1)
    clock = fake(made).clock
    fake(made).ending = lambda running: [child for child in running if clock() - child.launched >= 100]
    with fakes.surroundings(fake(made)) as server:
        made.run(JOBS[:1])
    assert server.heartbeats == pytest.approx([1000 + lock.HEARTBEAT_S * n for n in range(6)], abs=0.01)


def test_a_child_that_takes_long_is_shown(capsys):
    """What is done is said at once, then every ten seconds that it goes on, and at the end how long it took."""
    made = rerun(jobs=1)
    clock = fake(made).clock
    fake(made).ending = lambda running: [child for child in running if clock() - child.launched >= 25]
    with fakes.surroundings(fake(made)):
        made.run(JOBS[:1], "the best once more")
    assert capsys.readouterr().err.splitlines() == [
        "tune: confirmation: the best once more",
        "tune: confirmation: the best once more, 10 s so far",
        "tune: confirmation: the best once more, 20 s so far",
        "tune: confirmation: the best once more, 30 s so far",
        "tune: confirmation: took 30 s",
    ]


def test_nothing_to_run_is_no_run():
    """No job, no child."""
    made = rerun()
    assert (run(made, []), fake(made).launched) == ([], [])
