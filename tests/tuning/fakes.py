"""What a study's loop stands on, without a process, a server or a clock: children end when a test says so."""

import contextlib
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mlflow.entities import LifecycleStage, Param, Run, RunData, RunInfo, RunTag
from mlflow.entities import Metric as LoggedMetric
from optuna.trial import TrialState

from steps.names import Role, State, Tag
from steps.parameters.tune_settings import TuneSettings
from steps.project.environment import PROJECT
from steps.tracking import outage, write
from steps.tuning import loop, phase, study_time
from steps.tuning.entry_point import EntryPoint
from steps.tuning.record import best_so_far, lock
from steps.tuning.search.constraints import Constraint
from steps.tuning.search.objective import MAXIMIZE, Objective
from steps.tuning.search.search import Outcome
from steps.tuning.space import Space, file
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials import pool, rung
from steps.tuning.trials.places import Place
from steps.tuning.trials.trial import Adopted, Job, TrialResult
from steps.tuning.tuned_project import TunedProject

OBJECTIVE = "score"
PARENT = "parent"
FAIL, RETRIED, NO_OBJECTIVE = State.FAIL, State.RETRIED, "ended well, but logged no score"
NUMBERS = "x: {type: float, low: -2, high: 2}\ny: {type: float, low: -2, high: 2}\n"
# A loop that waits more often than this goes round for nothing.
_MOST_WAITS = 2000

# How a child ends: with a value, as FAIL, as RETRIED, which is a FAIL where no retry is left, or without an objective.
End = float | str


@dataclass
class Clock:
    """A clock that is moved by a test, and by a wait in which nothing ends."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(eq=False)
class FakeRun:
    """What `mlflow.run` would have returned; there is nothing to wait on and no process to clear up after."""

    run_id: str
    sentinel: None = None
    is_queued: bool = False

    def end_strays(self) -> None:
        """Kill nothing."""

    def is_running(self) -> bool:
        """Tell that it has ended: a pool asks that of children that have."""
        return False


@dataclass(eq=False)
class FakeChild:
    """A child that was launched: it runs until the test ends it; `obeys` tells whether it ends when asked to."""

    job: Job
    submitted: FakeRun
    place: Place
    launched: float
    retry_of: str | None
    clock: Clock
    obeys: bool = True
    running: bool = True
    asked_to_end: float | None = None
    overdue: str = ""
    output: Path | None = None
    node: str | None = None

    @property
    def number(self) -> int | None:
        return self.job.number

    @property
    def run_id(self) -> str:
        return self.submitted.run_id

    def is_running(self) -> bool:
        return self.running

    def age_s(self) -> float:
        return self.clock() - self.launched

    def ask_to_end(self) -> None:
        if self.asked_to_end is None:
            self.asked_to_end = self.clock()
            self.running = not self.obeys


def oldest(running: list[FakeChild]) -> list[FakeChild]:
    """Let the child that was launched first end."""
    return running[:1]


def newest(running: list[FakeChild]) -> list[FakeChild]:
    """Let the child that was launched last end."""
    return running[-1:]


def nobody(_running: list[FakeChild]) -> list[FakeChild]:
    """Let none end: the wait takes its time."""
    return []


def shuffled(seed: int) -> Callable[[list[FakeChild]], list[FakeChild]]:
    """Let some of them end, in any order, and sometimes none."""
    draw = random.Random(seed)
    return lambda running: draw.sample(running, draw.randint(0, len(running)))


@dataclass
class FakeChildRuns:
    """Stands in for ChildRuns and launches nothing.

    `end_of` gives how a job's child ends, from the job and the number of its launches before. `ending` picks, in each
    wait, which of the running children end. `steps_of` has what a child has logged for a pruner, `excess_of` by how
    much it breaks each constraint.
    """

    clock: Clock
    end_of: Callable[[Job, int], End]
    ending: Callable[[list[FakeChild]], Iterable[FakeChild]] = oldest
    steps_of: Callable[[Job], Sequence[tuple[int, float]]] = lambda _: ()
    objectives: Sequence[Objective] = (Objective(OBJECTIVE, MAXIMIZE),)
    constraints: Sequence[Constraint] = ()
    excess_of: Callable[[Job], tuple[float, ...]] = lambda _: ()
    study: str = "mine"
    stop_raises: Exception | None = None
    launched: list[FakeChild] = field(default_factory=list)
    settled: list[TrialResult] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    disowned: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    _launches: Counter[object] = field(default_factory=Counter)

    @property
    def numbers(self) -> list[int | None]:
        """The numbers of the launched children, in their order; None for a baseline."""
        return [child.number for child in self.launched]

    @property
    def running(self) -> list[FakeChild]:
        return [child for child in self.launched if child.running]

    def command(self, job: Job) -> dict[str, str]:
        return {**job.parameters, **{key: repr(value) for key, value in job.hyperparameters.items()}}

    def recorded(self, job: Job) -> dict[str, Any]:
        return dict(job.hyperparameters)

    def launch(self, job: Job, place: Place, *, retry_of: str | None = None) -> FakeChild:
        assert place not in [child.place for child in self.running], "two children at one place"
        child = FakeChild(job, FakeRun(f"run {len(self.launched)}"), place, self.clock(), retry_of, self.clock)
        self.launched.append(child)
        return child

    def steps(self, run_id: str, *, ended: bool = False) -> list[tuple[int, float]]:
        return list(self.steps_of(next(child.job for child in self.launched if child.run_id == run_id)))

    def settle(
        self,
        child: FakeChild | Adopted,
        reported: Sequence[tuple[int, float]] = (),
        pruned_at: int | None = None,
        *,
        may_retry: bool = False,
    ) -> TrialResult:
        key = (child.job.role, child.job.number)
        end = self.end_of(child.job, self._launches[key])
        self._launches[key] += 1
        steps = tuple(reported)
        if pruned_at is not None:
            result = TrialResult(child.job, child.run_id, Outcome(TrialState.PRUNED, steps=steps))
        elif isinstance(end, str):
            retried = end == RETRIED and may_retry
            reason, refusal = (end, end) if end == NO_OBJECTIVE else ("why", "")
            outcome = Outcome(TrialState.FAIL, steps=steps)
            result = TrialResult(child.job, child.run_id, outcome, reason, "", retried, refusal)
        else:
            outcome = replace(rung.outcome(child.job, (end,), steps), excess=self.excess_of(child.job))
            result = TrialResult(child.job, child.run_id, outcome)
        self.settled.append(result)
        return result

    def stop(self, children: Iterable[FakeChild]) -> None:
        for child in children:
            child.running = False
            self.stopped.append(child.run_id)
        if self.stop_raises is not None:
            raise self.stop_raises

    def disown(self, ended: TrialResult) -> None:
        self.disowned.append(ended.run_id)

    def wait(self, _runs: Sequence[FakeRun], _wakeup: int, seconds: float) -> None:
        """Let children end; if none does, let the time pass that the loop would have waited."""
        self.waits.append(seconds)
        assert len(self.waits) < _MOST_WAITS, "the loop goes round for nothing"
        ending = list(self.ending(self.running))
        for child in ending:
            child.running = False
        if not ending:
            self.clock.now += max(seconds, 0.001)  # no wait takes no time at all


@dataclass
class FakeInterrupts:
    """Stands in for Interrupts: a test notes the signal."""

    noted: bool = False
    descriptor: int = -1
    is_answered: bool = False

    def answered(self) -> None:
        self.is_answered = True


@dataclass
class FakeReporter:
    """Stands in for Reporter: `tend` is called once a round, and calls what a test has for it."""

    each_round: Callable[[], None] = lambda: None
    ended: int = 0
    took: float = 0.0

    def tend(self) -> None:
        self.each_round()

    def news(self) -> None:
        self.ended += 1


@dataclass
class Server:
    """What was written to the tracking server: metrics of the parent run, and when it got a heartbeat."""

    metrics: list[LoggedMetric] = field(default_factory=list)
    heartbeats: list[float] = field(default_factory=list)


@contextlib.contextmanager
def surroundings(children: FakeChildRuns) -> Iterator[Server]:
    """Put the fakes where loop, rerun, pool, lock and others find the clock, the wait for children, and the server."""
    server, clock = Server(), children.clock
    now = SimpleNamespace(monotonic=clock, time=clock)

    def record(run_id: str, metrics: Iterable[LoggedMetric] = (), tags: object = None) -> None:
        assert (run_id, tags) == (PARENT, None)
        server.metrics += metrics

    def set_tag(run_id: str, key: str, _value: str) -> None:
        assert (run_id, key) == (PARENT, Tag.TUNER)
        server.heartbeats.append(clock())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "control", SimpleNamespace(wait_for_any=children.wait))
        patch.setattr(loop, "time", now)
        patch.setattr(lock, "time", now)
        patch.setattr(best_so_far, "time", now)
        patch.setattr(phase, "time", now)
        patch.setattr(study_time, "time", now)
        patch.setattr(lock, "MlflowClient", lambda: SimpleNamespace(set_tag=set_tag))
        patch.setattr(write, "record", record)
        patch.setattr(outage, "give_up", lambda: None)
        yield server


def space(text: str = NUMBERS) -> Space:
    """Read a search space."""
    return file.read(text, "my.yaml").for_task("classification")


def plan(text: str = NUMBERS, *, jobs: int = 1, baseline: bool = False, **settings: Any) -> StudyPlan:
    """Make the plan of a study of another entry point than `train`; `baseline`: its parameters have defaults."""
    searched = space(text)
    names = [name for path in searched.estimators for name in searched.hyperparameters(path)]
    parameters = dict.fromkeys(names, "0" if baseline else None)
    return StudyPlan(
        settings=TuneSettings(**{"study": "mine", "jobs": jobs, "entry_point": "own", "sampler": "random", **settings}),
        jobs=jobs,
        project=TunedProject(".", PROJECT),
        environment=None,
        entry=EntryPoint("own", parameters, runs_train=False),
        space=searched,
        estimators={path: path for path in searched.estimators},
        objectives=(Objective(OBJECTIVE, MAXIMIZE),),
        backend_config={},
        dataset={},
    )


def run_of(
    run_id: str, tags: dict[str, str], metrics: dict[str, float] | None = None, params: dict[str, str] | None = None
) -> Run:
    """Make a run as the tracking server returns it."""
    info = RunInfo(run_id, "0", "", "FINISHED", 0, 0, LifecycleStage.ACTIVE, artifact_uri=f"/{run_id}")
    return Run(
        info,
        RunData(
            [LoggedMetric(key, value, 0, 0) for key, value in (metrics or {}).items()],
            [Param(key, value) for key, value in (params or {}).items()],
            [RunTag(key, value) for key, value in tags.items()],
        ),
    )


def trial_tags(number: int, params: str, state: str | None = State.COMPLETE) -> dict[str, str]:
    """Return the tags of a trial's run; a run without a state was never settled."""
    tags = {Tag.STUDY: "mine", Tag.ROLE: Role.TRIAL, Tag.TRIAL: str(number), Tag.PARAMS: params}
    return tags if state is None else {**tags, Tag.STATE: state}
