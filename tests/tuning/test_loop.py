"""The study's loop, with children that a test ends: no process, no server, a clock that is moved."""

import contextlib
import dataclasses
import itertools
import json
import random
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow.exceptions import MlflowException
from optuna.distributions import BaseDistribution
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial, TrialState

from steps.errors import Interrupted, NoTrialFinished, ServerLost, WrongValue
from steps.names import Metric, State, Tag
from steps.tracking import outage
from steps.tuning import wiring
from steps.tuning.loop import StudyLoop
from steps.tuning.record import lock
from steps.tuning.record.lock import StudyLock
from steps.tuning.record.resume import History
from steps.tuning.search.constraints import Constraint
from steps.tuning.search.objective import Objective
from steps.tuning.search.reshuffle import fold_seed
from steps.tuning.search.samplers import KINDS, SamplerKind
from steps.tuning.study_time import StudyTime
from steps.tuning.trials.places import Place
from steps.tuning.trials.pool import Pool
from steps.tuning.trials.results import StudyResult
from steps.tuning.trials.trial import Job
from tests.tuning import fakes
from tests.tuning.fakes import (
    FAIL,
    OBJECTIVE,
    RETRIED,
    Clock,
    End,
    FakeChildRuns,
    FakeInterrupts,
    FakeReporter,
    Server,
    newest,
    nobody,
    oldest,
    run_of,
    shuffled,
    trial_tags,
)
from tests.tuning.trials.fake import places

GRID = "x: {type: int, low: 0, high: 2}\ny: {type: int, low: 0, high: 1}\n"


def by_number(*ends: End) -> Callable[[Job, int], End]:
    """Trials end as they are listed, those behind the list like its last; a baseline scores 0."""
    return lambda job, _launches: 0.0 if job.number is None else ends[min(job.number, len(ends) - 1)]


def by_parameters(job: Job, _launches: int) -> End:
    """A trial's score follows from its parameters; some trials fail."""
    if job.number is None or job.number % 7 == 3:
        return FAIL
    x, y = job.hyperparameters["x"], job.hyperparameters["y"]
    return float(-((x - 0.5) ** 2) - y**2)


@dataclass
class Study:
    """A loop and the fakes around it."""

    loop: StudyLoop
    children: FakeChildRuns
    interrupts: FakeInterrupts
    server: Server = field(default_factory=Server)

    def run(self) -> StudyResult:
        with fakes.surroundings(self.children) as self.server:
            return self.loop.run()


def study(
    end_of: Callable[[Job, int], End] = by_parameters,
    *,
    ending: Any = oldest,
    jobs: int = 1,
    text: str = fakes.NUMBERS,
    history: History | None = None,
    each_round: Callable[[], None] = lambda: None,
    constraints: tuple[Constraint, ...] = (),
    **how: Any,
) -> Study:
    plan = dataclasses.replace(fakes.plan(text, jobs=jobs, **how), constraints=constraints)
    children = FakeChildRuns(Clock(), end_of, ending)
    interrupts = FakeInterrupts()
    pool = Pool(children, places(jobs), plan.settings.trial_timeout_s)  # type: ignore[arg-type] # a fake
    loop = StudyLoop(
        plan,
        wiring.make_search(plan, ()),
        pool,
        history or History(),
        StudyLock(fakes.PARENT),
        interrupts,  # type: ignore[arg-type] # a fake
        FakeReporter(each_round),  # type: ignore[arg-type] # a fake
        StudyTime(plan.settings.timeout_s, children.clock()),
    )
    return Study(loop, children, interrupts)


def params_of(result: StudyResult) -> dict[int, Any]:
    return {number: dict(ended.job.hyperparameters) for number, ended in result.trials.items()}


def test_trials_are_judged_in_the_order_of_their_numbers():
    """The newest child ends first, yet the best so far is written for trial 0, 1, 2, … in turn."""
    scores = [0.1, 0.5, 0.3, 0.4, 0.9, 0.2, 0.2, 1.0]
    made = study(by_number(*scores), ending=newest, jobs=4, n_trials=8)
    result = made.run()
    assert [ended.job.number for ended in made.children.settled] != sorted(result.trials)
    best = [(metric.key, metric.step, metric.value) for metric in made.server.metrics]
    assert best == [(Metric.best(OBJECTIVE), number, max(scores[: number + 1])) for number in range(8)]
    assert list(result.best) == [7]


class Learner(RandomSampler):
    """Draws by all that Optuna has been told, trial by trial: a trial told too early or too late changes every draw."""

    def __init__(self, seed: int):
        super().__init__(seed)
        self.seed = seed

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> float:
        told = [(other.number, other.state.name, other.values) for other in study.get_trials(deepcopy=False)]
        return random.Random(repr((self.seed, param_name, told))).uniform(-2, 2)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000), patience=st.sampled_from([None, 4]))
def test_the_same_trials_whatever_runs_at_a_time_and_ends_first(seed, patience):
    """A study of 1, 2 and 8 jobs tries the same, scores the same and stops for the same reason."""
    outcomes = []
    for jobs in (1, 2, 8):
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(KINDS, "tpe", SamplerKind(lambda _space, seed: Learner(seed)))
            made = study(ending=shuffled(seed + jobs), jobs=jobs, n_trials=12, sampler="tpe", patience=patience)
            result = made.run()
        scores = {number: ended.outcome for number, ended in result.trials.items()}
        outcomes.append((result.stopped_by, params_of(result), scores, list(result.best)))
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert outcomes[0][0] == ("n_trials" if patience is None else "patience")
    assert len({str(params) for params in outcomes[0][1].values()}) == len(outcomes[0][1]) > 3


STOPS = {
    "n_trials": ({"n_trials": 5}, [0.5], "n_trials", 5),
    "failed trials count": ({"n_trials": 3}, [FAIL, 0.5, FAIL], "n_trials", 3),
    "patience": ({"patience": 3}, [0.5, 0.6, 0.4], "patience", 5),
    "an improvement resets patience": ({"patience": 2}, [0.5, 0.4, 0.6, 0.1], "patience", 5),
    "target": ({"target_value": 0.9}, [0.1, 0.2, 0.9, 0.1], "target", 3),
    "failures": ({"max_failures": 2}, [0.5, FAIL, 0.5, FAIL], "failures", 9),
    "a grid has an end": ({"sampler": "grid", "text": GRID}, [0.5], "exhausted", 6),
}


@pytest.mark.parametrize("order", [oldest, newest])
@pytest.mark.parametrize("jobs", [1, 4])
@pytest.mark.parametrize(("how", "ends", "stopped_by", "count"), STOPS.values(), ids=STOPS)
def test_a_study_stops_by_its_rules(how, ends, stopped_by, count, jobs, order):
    """By the same rule and after the same trial, whatever ends first."""
    made = study(by_number(*ends), ending=order, jobs=jobs, **{"n_trials": 30, **how})
    result = made.run()
    assert (result.stopped_by, list(result.trials)) == (stopped_by, list(range(count)))
    assert made.server.metrics[-1].step == count - 1
    assert made.children.running == []
    assert made.interrupts.is_answered


def test_a_study_of_failed_trials_says_why():
    """No trial has a score: the reason of the failures is in the error."""
    with pytest.raises(NoTrialFinished, match="none of 5 trials finished; 5 of them: why"):
        study(by_number(FAIL), n_trials=9).run()


def test_what_ends_behind_a_stop_is_left_out():
    """Trials 1 to 3 have ended when trial 0 reaches the target: their runs are disowned; the one that runs is ended."""
    held = [0]

    def trial_0_last(running: list[fakes.FakeChild]) -> list[fakes.FakeChild]:
        others = [child for child in running if child.number not in (0, 4)]
        return others[-1:] or [child for child in running if child.number in held]

    made = study(by_number(0.9, 0.5), ending=trial_0_last, jobs=3, n_trials=9, target_value=0.9)
    result = made.run()
    run_ids = {child.number: child.run_id for child in made.children.launched}
    assert list(result.trials) == [0]
    assert sorted(made.children.disowned) == [run_ids[number] for number in (1, 2, 3)]
    assert made.children.running == []


def test_a_running_trial_behind_a_stop_is_ended():
    """The study does not wait for it."""
    made = study(by_number(0.9), jobs=2, n_trials=9, target_value=0.9)
    assert list(made.run().trials) == [0]
    assert made.children.stopped == [child.run_id for child in made.children.launched if child.number == 1]


def test_a_failure_behind_a_stop_is_not_retried():
    """Trial 1 failed while trial 0 reached the target."""
    ends: dict[int, End] = {0: 0.9, 1: RETRIED}
    made = study(lambda job, _: ends[job.number or 0], ending=lambda running: running, jobs=2, target_value=0.9)
    assert (list(made.run().trials), made.children.numbers) == ([0], [0, 1])


def test_a_timeout_ends_the_study_and_its_children():
    """What has ended by then counts, also where the order has a gap."""
    made = study(by_number(0.5), ending=lambda running: [c for c in running if c.number == 1], jobs=2, timeout_s=100)
    result = made.run()
    assert (result.stopped_by, list(result.trials), list(result.best)) == ("timeout", [1], [1])
    assert made.children.clock() == pytest.approx(1097, abs=0.001), "some seconds are kept for what follows"
    assert [child.run_id for child in made.children.launched if child.number != 1] == made.children.stopped
    assert made.children.running == []


def test_a_trial_that_takes_too_long_is_asked_to_end():
    """After `trial_timeout_s`, and no sooner."""
    made = study(by_number(0.5), ending=nobody, n_trials=2, trial_timeout_s=60)
    made.run()
    assert [child.overdue for child in made.children.launched] == ["timeout: not ended after 60 s"] * 2
    ages = [(child.asked_to_end or 0) - child.launched for child in made.children.launched]
    assert ages == pytest.approx([60, 60], abs=0.5)


def test_a_signal_ends_the_study_and_its_children():
    """Nothing more is launched, and what had not ended is stopped."""
    made = study(by_number(0.5), jobs=2, n_trials=9)
    made.loop.reporter.each_round = lambda: setattr(made.interrupts, "noted", len(made.children.settled) >= 2)  # type: ignore[attr-defined]
    result = made.run()
    assert (result.stopped_by, list(result.trials)) == ("signal", [0, 1, 2])
    assert made.children.running == []
    assert len(made.children.launched) == len(made.children.stopped) + 3
    assert made.interrupts.is_answered


def test_a_signal_before_the_first_end_is_no_failure():
    """The study has no trial then, and says so by its end alone."""
    made = study(by_number(0.5), ending=nobody)
    made.loop.reporter.each_round = lambda: setattr(made.interrupts, "noted", True)  # type: ignore[attr-defined]
    result = made.run()
    assert (result.stopped_by, result.trials, result.best) == ("signal", {}, {})


def test_a_baseline_comes_second():
    """It delays no first trial, and a study that is cut short has it."""
    made = study(by_number(0.5), baseline=True, n_trials=3)
    result = made.run()
    assert made.children.numbers == [0, None, 1, 2]
    assert [ended.value for ended in result.baselines] == [0.0]


SEVERAL = """
estimator:
  sklearn.tree.DecisionTreeClassifier: {max_depth: {type: int, low: 1, high: 9}}
  sklearn.linear_model.RidgeClassifier: {alpha: {type: float, low: 0, high: 1}}
  sklearn.svm.SVC: {C: {type: float, low: 1, high: 9}}
"""


def test_several_baselines_take_turns_with_the_trials():
    """A study that is cut short has of both what it had time for."""
    made = study(by_number(0.5), text=SEVERAL, baseline=True, n_trials=4)
    made.run()
    assert made.children.numbers == [0, None, 1, None, 2, None, 3]


def test_a_baseline_takes_the_place_that_no_trial_can_have():
    """Trial 0 takes long, and the trials of its window have ended: a baseline goes first that would come later."""
    made = study(by_number(0.5), text=SEVERAL, baseline=True, n_trials=4, jobs=2, window=2, ending=newest)
    made.run()
    assert made.children.numbers == [0, None, 1, None, None, 2, 3]


def test_a_stopped_study_waits_for_its_baseline():
    """Without it nobody can say what tuning gained."""
    made = study(by_number(0.9), baseline=True, n_trials=9, target_value=0.9)
    result = made.run()
    assert made.children.numbers == [0, None]
    assert (list(result.trials), [ended.value for ended in result.baselines]) == ([0], [0.0])


@pytest.mark.parametrize("jobs", [1, 4])
def test_a_try_goes_first_and_alone(jobs):
    """The defaults are tried: nothing else is launched before they have a score, and then the study is as always."""
    made = study(by_number(0.5), baseline=True, n_trials=4, jobs=jobs, ending=nobody, try_first=True, timeout_s=30)
    with pytest.raises(NoTrialFinished):
        made.run()
    assert made.children.numbers == [None]
    made = study(baseline=True, n_trials=4, jobs=jobs, try_first=True)
    usual = study(baseline=True, n_trials=4, jobs=jobs)
    assert params_of(made.run()) == params_of(usual.run())
    assert made.children.numbers == [None, 0, 1, 2, 3]


@pytest.mark.parametrize(
    ("ends", "launched", "said"),
    [
        ({None: fakes.NO_OBJECTIVE}, [None], "ended well, but logged no score: every trial would fail"),
        ({None: FAIL, 0: FAIL}, [None, 0], "none of 1 trials finished; 1 of them: why"),  # it may lack a parameter
        (
            {None: FAIL, 0: fakes.NO_OBJECTIVE},
            [None, 0],
            "ended well, but logged no score: every trial would fail",
        ),
    ],
)
def test_a_try_that_fails_ends_the_study(ends, launched, said):
    """One run is enough, or two where the defaults can't be run."""
    made = study(lambda job, _: ends.get(job.number, 0.5), baseline=True, n_trials=9, jobs=4, try_first=True)
    with pytest.raises(NoTrialFinished, match=f"^{said}"):
        made.run()
    assert made.children.numbers == launched


def test_without_defaults_the_first_trial_is_the_try():
    """It is retried as any other; then all go on."""
    end_of = lambda job, launches: RETRIED if (job.number, launches) == (0, 0) else 0.5  # noqa: E731
    made = study(end_of, n_trials=4, jobs=4, ending=newest, try_first=True)
    result = made.run()
    assert made.children.numbers[:3] == [0, 0, 1]
    assert len(result.trials) == 4


def test_a_study_that_goes_on_tries_only_if_nothing_has_a_score():
    """Failed trials on record end nothing; after a score the study is as always."""
    params = [params_of(study(by_number(0.5), n_trials=4).run())[number] for number in range(2)]
    for state, score, at_once in ((State.FAIL, None, [2]), (State.COMPLETE, 0.5, [2, 3])):
        metrics = {} if score is None else {OBJECTIVE: score}
        trials = {n: run_of(f"old {n}", trial_tags(n, json.dumps(params[n]), state), metrics) for n in range(2)}
        made = study(history=History(trials=trials), n_trials=4, jobs=2, ending=nobody, try_first=True, timeout_s=30)
        with contextlib.suppress(NoTrialFinished):
            made.run()
        assert made.children.numbers == at_once


def test_a_retried_child_is_run_again():
    """In a run that names the failed one; the failure counts nowhere."""
    made = study(lambda job, launches: RETRIED if (job.number, launches) == (1, 0) else 0.5, n_trials=3)
    result = made.run()
    first, again = (child for child in made.children.launched if child.number == 1)
    assert (first.retry_of, again.retry_of) == (None, first.run_id)
    assert first.job == again.job
    assert [ended.outcome.state.name for ended in result.trials.values()] == ["COMPLETE"] * 3


@pytest.mark.parametrize("retries", [0, 1, 3])
@pytest.mark.parametrize("baseline", [False, True])
def test_a_child_is_retried_so_often(retries, baseline):
    """Then it has failed; a baseline too."""
    made = study(lambda *_: RETRIED, retries=retries, n_trials=2, max_failures=9, baseline=baseline)
    with pytest.raises(NoTrialFinished):
        made.run()
    expected = {0: retries + 1, 1: retries + 1} | ({None: retries + 1} if baseline else {})
    assert Counter(made.children.numbers) == expected


def recorded_params(n_trials: int = 4) -> list[str]:
    """The typed hyperparameters of a study's first trials, as their runs show them."""
    return [json.dumps(params) for params in params_of(study(n_trials=n_trials).run()).values()]


WIDTH = Constraint(Objective("width", "minimize"), "<=", 0.5)


def constrained(ends: Callable[[Job, int], End], excess: Sequence[float], **how: Any) -> Study:
    """A study with one constraint, and by how much its trials break it, in their order."""
    made = study(ends, constraints=(WIDTH,), **how)
    made.children.excess_of = lambda job: (excess[job.number or 0],)
    return made


def test_a_trial_that_breaks_a_constraint_is_never_the_best():
    """It is COMPLETE with its score, but no improvement: patience runs, the target is not reached."""
    made = constrained(
        by_number(0.5, 0.9, 0.6, 0.9, 0.9), [-1, 0.25, 0, 1, 1], n_trials=9, patience=2, target_value=0.8
    )
    result = made.run()
    assert (result.stopped_by, list(result.trials), list(result.best)) == ("patience", [0, 1, 2, 3, 4], [2])
    assert {ended.outcome.state for ended in result.trials.values()} == {TrialState.COMPLETE}
    best = [metric.value for metric in made.server.metrics]
    assert best == [0.5, 0.5, 0.6, 0.6, 0.6]


def test_a_study_without_a_feasible_trial_says_which_comes_nearest():
    """It has a result, so that its record and report are as always."""
    result = constrained(by_number(0.5), [2, 0.125, 1], n_trials=3).run()
    assert (result.best, result.stopped_by, len(result.trials)) == ({}, "n_trials", 3)
    said = "no trial keeps the constraints, of 3 with a score; the nearest, trial 1, breaks width<=0.5 by 0.125"
    assert result.none_feasible == f"{said} (run run 1)"


def test_a_replayed_study_knows_which_trials_are_feasible():
    """By the metric on their runs: the next trials of TPE, which searches by it, are the same."""
    excess = [((7 * number) % 5 - 2) / 8 for number in range(20)]
    how: dict[str, Any] = {"n_trials": 20, "sampler": "tpe", "window": 2}
    first = constrained(by_parameters, excess, **how).run()
    trials = {
        number: run_of(
            f"old {number}",
            trial_tags(number, json.dumps(dict(ended.job.hyperparameters)), ended.outcome.state.name),
            {OBJECTIVE: ended.value, "width": 0.5 + excess[number]} if ended.value is not None else {},
        )
        for number, ended in first.trials.items()
        if number < 13
    }
    made = constrained(by_parameters, excess, history=History(trials=trials), **how)
    again = made.run()
    assert made.children.numbers == list(range(13, 20))
    assert {n: ended.outcome for n, ended in again.trials.items()} == {n: e.outcome for n, e in first.trials.items()}
    assert (params_of(again), list(again.best)) == (params_of(first), list(first.best))


def test_recalled_trials_are_not_launched():
    """They count as on record, and the study goes on behind them."""
    params = recorded_params()
    trials = {n: run_of(f"old {n}", trial_tags(n, params[n]), {OBJECTIVE: 0.9 - n / 10}) for n in (0, 1, 2)}
    made = study(by_number(0.5), history=History(trials=trials), n_trials=4)
    result = made.run()
    assert made.children.numbers == [3]
    assert [ended.run_id for ended in result.trials.values()] == ["old 0", "old 1", "old 2", "run 0"]
    assert list(result.best) == [0]
    assert [json.dumps(params) for params in params_of(result).values()] == params


@pytest.mark.parametrize("jobs", [1, 4])
def test_folds_of_a_trial_s_own_go_by_its_number(jobs):
    """Whatever runs at a time, what is on record and what is run again; the baseline has the study's."""
    seeds = {number: str(fold_seed(42, number)) for number in range(4)}
    params = recorded_params()
    history = History(
        trials={0: run_of("old", trial_tags(0, params[0]), {OBJECTIVE: 0.9})},
        cut_off={1: run_of("cut", trial_tags(1, params[1], RETRIED))},
    )
    for recorded in (None, history):
        how: dict[str, Any] = {"ending": newest, "jobs": jobs, "n_trials": 4, "history": recorded}
        made = study(by_number(0.5), baseline=True, reshuffle=True, **how)
        result = made.run()
        launched = {child.number: child.job for child in made.children.launched}
        assert launched.pop(None).parameters == {}
        given = {int(number or 0): job.parameters["fold_seed"] for number, job in launched.items()}
        assert given == {number: seeds[number] for number in given}
        assert {n: ended.job.parameters["fold_seed"] for n, ended in result.trials.items()} == seeds
        assert [json.dumps(params) for params in params_of(result).values()] == params


def test_a_study_that_is_all_on_record_launches_nothing():
    """And ends at once, its baseline recalled too."""
    params = recorded_params()
    trials = {n: run_of(f"old {n}", trial_tags(n, params[n]), {OBJECTIVE: 0.5}) for n in range(4)}
    baseline = run_of("old", {**trial_tags(0, "{}"), "tuning.role": "baseline"}, {OBJECTIVE: 0.4})
    history = History(trials=trials, baselines={"{}": baseline})
    made = study(by_number(0.5), history=history, n_trials=4, baseline=True)
    result = made.run()
    assert (made.children.launched, result.stopped_by) == ([], "n_trials")
    assert [ended.run_id for ended in result.baselines] == ["old"]


def test_a_run_that_did_its_work_is_settled_not_run_again():
    """Its tuner died before it could: it keeps its run."""
    params = recorded_params()
    trials = {0: run_of("old", trial_tags(0, params[0], None), {OBJECTIVE: 0.7})}
    made = study(by_number(0.7, 0.5), history=History(trials=trials), n_trials=2)
    result = made.run()
    assert [ended.run_id for ended in made.children.settled] == ["old", "run 0"]
    assert made.children.numbers == [1]
    assert list(result.best) == [0]


def test_a_baseline_that_was_cut_off_is_run_again():
    """Its new run names the old one, too."""
    made = study(by_number(0.5), history=History(cut_off={"": run_of("old", {})}), n_trials=1, baseline=True)
    made.run()
    assert [(child.number, child.retry_of) for child in made.children.launched] == [(0, None), (None, "old")]


def test_a_trial_that_was_cut_off_is_run_again():
    """Its new run names the old one, and failures on record count among its retries."""
    params = recorded_params()
    history = History(cut_off={0: run_of("old", trial_tags(0, params[0], RETRIED))}, retries={0: 1})
    made = study(lambda job, _: RETRIED if job.number == 0 else 0.5, history=history, n_trials=2)
    result = made.run()
    assert [(child.number, child.retry_of) for child in made.children.launched] == [(0, "old"), (1, None)]
    assert result.trials[0].outcome.state == TrialState.FAIL


def test_a_study_that_would_try_something_else_is_refused():
    """Where the record of a trial has other parameters, no later trial could be the same."""
    trials = {0: run_of("old", trial_tags(0, '{"x": 0.0, "y": 0.0}'), {OBJECTIVE: 0.5})}
    made = study(history=History(trials=trials))
    with pytest.raises(WrongValue, match="trial 0 tried"):
        made.run()
    assert made.children.launched == []


def log_steps(job: Job) -> list[tuple[int, float]]:
    """The first trials, by which a pruner judges, report 1 at each of 4 steps; the later ones 0."""
    return [(step, 1.0 if job.number is not None and job.number < 6 else 0.0) for step in range(4)]


def test_a_running_child_that_the_pruner_gives_up_is_asked_to_end():
    """It is PRUNED at the step of the decision, and counts with the steps up to that; baselines are left alone."""
    made = study(
        by_number(0.5),
        # What is good ends of itself, what is bad would run on and on.
        ending=lambda running: [child for child in running if child.number is None or child.number < 6],
        n_trials=8,
        window=1,
        pruner="median",
        baseline=True,
    )
    made.children.steps_of = log_steps
    result = made.run()
    states = [ended.outcome.state.name for ended in result.trials.values()]
    assert states == ["COMPLETE"] * 6 + ["PRUNED"] * 2
    assert [child.number for child in made.children.launched if child.asked_to_end is not None] == [6, 7]
    assert result.trials[6].outcome.steps == ((0, 0.0), (1, 0.0)), "a third of the steps of others is waited for"


def bad_after_a_while(job: Job) -> list[tuple[int, float]]:
    """Scores over 9 steps; what later trials are compared with are the steps of those before."""
    return [(step, (37 * (job.number or 0) % 11) / 11 + step / 10) for step in range(1, 10)]


@pytest.mark.parametrize("on_record", [3, 8])
@pytest.mark.parametrize("pruner", ["hyperband", "median:startup=2", "percentile:30,startup=2"])
def test_a_replayed_study_prunes_as_the_first(on_record, pruner):
    """The pruner sees the recorded steps of recalled trials, so it notes in them what it did at first."""

    def pruned(history: History) -> tuple[dict[int, Any], Study]:
        made = study(by_number(0.5), history=history, n_trials=12, window=1, pruner=pruner)
        made.children.steps_of = bad_after_a_while
        return {number: ended.outcome for number, ended in made.run().trials.items()}, made

    first, made = pruned(History())
    assert {outcome.state.name for outcome in first.values()} == {"COMPLETE", "PRUNED"}
    jobs = {child.number: child.job for child in made.children.launched}
    trials = {
        number: run_of(
            f"old {number}",
            {
                **trial_tags(number, json.dumps(dict(jobs[number].hyperparameters)), outcome.state.name),
                Tag.REPORTED: json.dumps(outcome.steps),
            },
            {OBJECTIVE: 0.5},
        )
        for number, outcome in first.items()
        if number < on_record
    }
    again, made = pruned(History(trials=trials))
    assert made.children.numbers == list(range(on_record, 12))
    assert again == first


@pytest.mark.parametrize("jobs", [1, 4])
def test_a_replayed_study_learns_from_its_failures_as_the_first(jobs):
    """Which of the recalled trials failed is on record: the sampler is told the same, and draws the same."""

    def right_half_fails(job: Job, _launches: int) -> End:
        return FAIL if job.hyperparameters["x"] > 0 else float(-(job.hyperparameters["x"] ** 2))

    def tried(history: History) -> StudyResult:
        made = study(right_half_fails, history=history, n_trials=30, sampler="tpe", jobs=jobs, ending=newest)
        return made.run()

    first = tried(History())
    trials = {
        number: run_of(
            f"old {number}",
            trial_tags(number, json.dumps(dict(ended.job.hyperparameters)), ended.outcome.state.name),
            {OBJECTIVE: ended.outcome.values[0]} if ended.outcome.values else {},
        )
        for number, ended in first.trials.items()
        if number < 20
    }
    again = tried(History(trials=trials))
    assert params_of(again) == params_of(first)
    states = [ended.outcome.state.name for ended in again.trials.values()]
    assert states == [ended.outcome.state.name for ended in first.trials.values()]
    assert "FAIL" in states[10:20]


FIDELITY: dict[str, Any] = {"n_trials": 12, "fidelity": "epochs:1..9:3", "sampler": "tpe"}


def by_budget(job: Job, _launches: int) -> End:
    """A score that grows with the budget; some fail."""
    if job.number is None or (job.number, job.hyperparameters["epochs"]) in ((5, 1), (7, 3)):
        return FAIL
    x, y = job.hyperparameters["x"], job.hyperparameters["y"]
    return float(-((x - 0.5) ** 2) - y**2 - 1 / job.hyperparameters["epochs"])


def evaluations(made: Study) -> dict[int, Any]:
    """What each evaluation was, by its place."""
    return {
        child.job.place: (child.number, dict(child.job.hyperparameters), child.job.rung)
        for child in made.children.launched
    }


def essence(result: StudyResult) -> Any:
    outcomes = {number: (ended.job.hyperparameters, ended.outcome) for number, ended in result.trials.items()}
    return result.stopped_by, outcomes, list(result.best)


def test_promoted_trials_are_the_same_whatever_runs_at_a_time():
    """Each configuration is a trial, with its budget among its hyperparameters; the best has all of it."""
    results = []
    for jobs, order in ((1, oldest), (2, newest), (6, shuffled(3))):
        made = study(by_budget, ending=order, jobs=jobs, **FIDELITY)
        results.append((essence(made.run()), {place: each[:2] for place, each in evaluations(made).items()}))
        assert len(made.children.launched) > 12
    assert results[0] == results[1] == results[2]
    stopped_by, trials, (best,) = results[0][0]
    assert (stopped_by, list(trials)) == ("n_trials", list(range(12)))
    assert trials[best][0]["epochs"] == 9
    assert [step for step, _ in trials[best][1].steps] == [1, 3, 9]


def test_a_promoted_trial_names_the_run_below():
    """And is the same trial: its number, its parameters."""
    made = study(by_budget, jobs=3, ending=newest, **FIDELITY)
    made.run()
    runs = {child.run_id: child.job for child in made.children.launched}
    promoted = [job for job in runs.values() if job.is_promoted]
    assert promoted
    for job in promoted:
        assert job.rung is not None
        below = runs[job.rung.promoted_from]
        assert below.rung is not None
        assert (below.number, below.rung.budget * 3) == (job.number, job.rung.budget)
        assert {**below.hyperparameters, "epochs": 0} == {**job.hyperparameters, "epochs": 0}
        assert job.rung.tags["tuning.promoted_from"] == job.rung.promoted_from


def on_record(made: Study, count: int) -> dict[int, Any]:
    """The first evaluations of a study, as their runs have them."""
    runs = {}
    for child in made.children.launched:
        job, rung = child.job, child.job.rung
        result = next(each for each in made.children.settled if each.run_id == child.run_id)
        if rung is None or rung.place >= count:
            continue
        tags = trial_tags(job.number or 0, json.dumps(dict(job.hyperparameters)), result.outcome.state.name)
        tags |= {**rung.tags, Tag.REPORTED: json.dumps(result.outcome.steps)}
        runs[rung.place] = run_of(child.run_id, tags, {OBJECTIVE: result.value or 0.0})
    return runs


@pytest.mark.parametrize("count", [1, 4, 9, 14, 99])
def test_promotions_are_replayed_after_any_prefix(count):
    """What is on record is not run again, and the rest is as it would have been."""
    first = study(by_budget, jobs=2, **FIDELITY)
    expected = essence(first.run())
    recorded = on_record(first, count)
    again = study(by_budget, jobs=4, ending=shuffled(count), history=History(trials=recorded), **FIDELITY)
    assert essence(again.run()) == expected
    assert sorted(evaluations(again)) == sorted(evaluations(first).keys() - recorded.keys())


def test_a_record_of_another_promotion_is_refused():
    """Where another configuration was promoted then, no later one could be the same."""
    first = study(by_budget, **FIDELITY)
    first.run()
    recorded = on_record(first, 99)
    place = next(place for place, each in evaluations(first).items() if each[2].promoted_from)
    recorded[place].data.tags[Tag.TRIAL] = "11"
    with pytest.raises(WrongValue, match="can't go on: trial 11 tried"):
        study(by_budget, history=History(trials=recorded), **FIDELITY).run()


def test_patience_waits_for_trials_that_had_all_of_their_budget():
    """What is below the top says nothing of the best."""
    made = study(lambda job, _: 0.5, **FIDELITY | {"n_trials": 30, "patience": 2})
    result = made.run()
    assert result.stopped_by == "patience"
    tops = [ended for ended in result.trials.values() if ended.outcome.values]
    assert len(tops) == 3


def test_a_study_that_ends_before_one_has_all_of_its_budget_has_a_best_trial():
    """The best of those that got furthest."""
    made: Study
    made = study(by_budget, ending=lambda running: running[:1] if len(made.children.settled) < 8 else [], **FIDELITY,
                 timeout_s=100)  # fmt: skip
    result = made.run()
    (best,) = result.best.values()
    assert result.stopped_by == "timeout"
    assert (best.job.hyperparameters["epochs"], best.outcome.state.name) == (3, "COMPLETE")


def test_the_pruner_looks_at_intervals():
    """A look costs a request for each running child: there are three in a second, however often something ends."""
    made = study(by_number(0.5), jobs=2, n_trials=31, window=40, pruner="median")
    looks: list[float] = []

    def end_a_short_one(running: list[fakes.FakeChild]) -> list[fakes.FakeChild]:
        made.children.clock.now += 0.05
        return running[-1:]  # trial 0 runs on beside them

    made.children.ending = end_a_short_one
    made.children.steps_of = lambda job: looks.append(made.children.clock()) or () if job.number == 0 else ()  # type: ignore[func-returns-value]
    made.run()
    intervals = [later - earlier for earlier, later in itertools.pairwise(looks)]
    assert len(looks) >= 4
    assert min(intervals[:-1]) > 0.29  # the last is of its end


@pytest.mark.parametrize("stop_raises", [None, MlflowException("second")])
def test_if_a_launch_raises_no_child_is_left_running(stop_raises):
    """The first error is the one that is raised, also where the server takes no more."""
    made = study(by_number(0.5), ending=nobody, jobs=3)
    launch, made.children.stop_raises = made.children.launch, stop_raises

    def third_raises(job: Job, place: Place, **how: Any) -> fakes.FakeChild:
        if len(made.children.launched) == 2:
            raise ValueError("first")
        return launch(job, place, **how)

    made.children.launch = third_raises  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="first"):
        made.run()
    assert (made.children.running, made.children.numbers) == ([], [0, 1])
    assert made.interrupts.is_answered


def test_a_server_that_does_not_come_back_ends_the_study():
    """Its children are ended, and the error says how to go on."""
    made = study(by_number(0.5), ending=nobody, jobs=2)

    def away() -> None:
        if made.children.launched:
            raise MlflowException(f"API request to here failed with exception {ConnectionError('refused')!r}")

    made.loop.reporter.each_round = away  # type: ignore[attr-defined]
    with pytest.raises(ServerLost) as caught:
        made.run()
    assert "the same command with --study 'mine' goes on" in caught.value.problems[0]
    assert made.children.running == []


def test_a_study_that_is_called_away_from_its_server_ends_its_children_without_it(monkeypatch):
    """The interrupt is passed on; what ends the children waits for no server, which has not answered."""
    made = study(by_number(0.5), ending=nobody, jobs=2)
    running_then: list[int] = []

    def called_away() -> None:
        if made.children.launched:
            monkeypatch.setattr(outage, "give_up", lambda: running_then.append(len(made.children.running)))
            raise Interrupted(signal.SIGINT)

    made.loop.reporter.each_round = called_away  # type: ignore[attr-defined]
    with pytest.raises(Interrupted):
        made.run()
    assert running_then[0] == 2
    assert made.children.running == []


def test_heartbeats_continue_while_a_child_runs():
    """One every 20 s, on time, though nothing ends."""
    made = study(by_number(0.5), ending=nobody, timeout_s=205)
    with pytest.raises(NoTrialFinished):
        made.run()
    assert made.server.heartbeats == pytest.approx([1000 + lock.HEARTBEAT_S * n for n in range(11)])


@pytest.mark.parametrize("baseline", [False, True])
@pytest.mark.parametrize(("text", "n_trials", "launched"), [(fakes.NUMBERS, 6, 6), (GRID, 50, 6)])
def test_the_end_is_prepared_beside_the_last_child(text, n_trials, launched, baseline):
    """Once, when nothing is left to launch, and while the last children run."""
    sampler = "grid" if text == GRID else "random"
    made = study(by_number(0.5), text=text, n_trials=n_trials, baseline=baseline, jobs=2, sampler=sampler)
    then: list[tuple[int, int]] = []
    made.loop.at_last = lambda: then.append((len(made.children.launched), len(made.children.running)))
    made.run()
    assert then == [(launched + baseline, 2)]


def test_the_best_so_far_is_written_at_most_once_a_second():
    """The rest at the end, so that none is missing."""
    made = study(by_number(0.5), n_trials=6)
    written: list[int] = []
    made.loop.reporter.each_round = lambda: written.append(len(made.server.metrics))  # type: ignore[attr-defined]
    made.run()
    assert set(written) <= {0, 1}
    assert [metric.step for metric in made.server.metrics] == list(range(6))
