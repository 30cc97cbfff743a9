"""A study as the tracking server remembers it: its settings, how its trials ended, what was cut off.

The server is the study's only state. A study goes on by replay: every ask is made again in its order, what the child
runs have on record is told again, and what was cut off is run again, with the same number and parameters, in a new run.
"""

import hashlib
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import optuna
from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from steps.errors import WrongValue
from steps.names import Role, State, Tag
from steps.parameters import declared
from steps.parameters.settings import TuneSettings
from steps.tracking import read, write
from steps.tuning.search.pruning import Steps
from steps.tuning.search.search import Outcome
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.trial import SETTLED, STATUS, Adopted, Job, TrialResult

# Settings that make a study the one that it is; a resumed one takes them from its record unless they are given.
IDENTITY = (
    "entry_point", "target", "drop", "split", "task", "metric", "folds", "test_size", "seed", "threads", "window",
    "sampler", "pruner",
)  # fmt: skip
# These too are taken from the record, but may change.
_TAKEN = (*IDENTITY, "data", "space", "objective", "direction", "n_trials", "timeout_s", "patience", "target_value")
# What is told only where nothing else tells it better.
_DIGEST = "rows of the folds"


@dataclass(frozen=True)
class History:
    """What is on record of a study: its earlier parents, and its children's runs.

    `trials` has by number the run that counts, `cut_off` the newest of those that don't, `retries` how many of these
    had failed; `baselines` has by their parameters those that count; `others` ran a trial once more.
    """

    parents: Sequence[Run] = ()
    trials: Mapping[int, Run] = field(default_factory=dict)
    cut_off: Mapping[int, Run] = field(default_factory=dict)
    baselines: Mapping[str, Run] = field(default_factory=dict)
    retries: Mapping[int, int] = field(default_factory=dict)
    others: Sequence[Run] = ()

    def recall(
        self, job: Job, recorded: Mapping[str, Any], objectives: Sequence[str], steps_of: Callable[[str], Steps] | None
    ) -> TrialResult | Adopted | None:
        """Return how a child ended, or that its run is to be settled; None where it is to be run.

        `recorded` are its typed hyperparameters: raises WrongValue where the run has others. `steps_of` reads from a
        run id what a pruner has seen, where there is a pruner.
        """
        run = self.baselines.get(json.dumps(recorded)) if job.number is None else self.trials.get(job.number)
        if run is None:
            return None
        tags = run.data.tags
        if json.dumps(recorded) != tags.get(Tag.PARAMS):
            raise WrongValue(
                f"--study {tags[Tag.STUDY]!r}: can't be gone on with: trial {job.number} tried "
                f"{tags.get(Tag.PARAMS)} (run {run.info.run_id}), and would now try {json.dumps(recorded)}; give "
                "another name, or start from its trials with --warm_start"
            )
        if Tag.STATE not in tags:
            return Adopted(job, run.info.run_id)
        state = SETTLED[tags[Tag.STATE]]
        values = tuple(run.data.metrics[name] for name in objectives) if state == TrialState.COMPLETE else ()
        outcome = Outcome(state, values, () if steps_of is None else tuple(_reported(run, steps_of)))
        return TrialResult(job, run.info.run_id, outcome, tags.get(Tag.REASON, ""), tags.get(Tag.STDERR, ""))

    def recorded(self, number: int) -> dict[str, Any] | None:
        """Return the typed hyperparameters on record of a trial that is not to be run again."""
        run = self.trials.get(number)
        return None if run is None else json.loads(run.data.tags[Tag.PARAMS])

    def retry_of(self, job: Job) -> str | None:
        """Return the id of the run that was cut off in the same trial."""
        run = None if job.number is None else self.cut_off.get(job.number)
        return None if run is None else str(run.info.run_id)


def parents(experiment_id: str, study: str, but: str) -> list[Run]:
    """List the earlier parent runs of a study that have got as far as to launch children, the oldest first."""
    found = read.find_runs([experiment_id], f"tags.`{Tag.STUDY}` = '{study}' AND tags.`{Tag.ROLE}` = '{Role.STUDY}'")
    known = [run for run in found if run.info.run_id != but and Tag.IDENTITY in run.data.tags]
    return sorted(known, key=read.by_start)


def take_over(settings: TuneSettings, earlier: Sequence[Run]) -> TuneSettings:
    """Return a study's settings: what is not given (or as its default) is what the newest of its parents has on record.

    What was taken is printed on stderr.
    """
    if not earlier:
        return settings
    recorded = _without_none(json.loads(earlier[-1].data.tags[Tag.SETTINGS]))
    now, defaults = asdict(settings), asdict(TuneSettings())
    taken = {
        key: recorded[key]
        for key in _TAKEN
        if key in recorded and now[key] == defaults[key] and recorded[key] != now[key]
    }
    shown = ", ".join(f"{key} {declared.shown(value)}" for key, value in taken.items() if defaults[key] != "auto")
    if shown:
        print(f"tune: --study {settings.study!r}: goes on, with its {shown}", file=sys.stderr)
    return replace(settings, **taken)


def _without_none(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings on record as they are now: earlier versions wrote the text none where there was no value."""
    return {key: None if value == "none" else value for key, value in recorded.items()}


def identity(plan: StudyPlan) -> dict[str, Any]:
    """Return what makes a study the one that it is, as plain data."""
    whole = {
        **{key: getattr(plan.settings, key) for key in IDENTITY},
        "objective": [f"{objective.direction} {objective.name}" for objective in plan.objectives],
        "data": plan.dataset.get("sha256", plan.settings.data),
        _DIGEST: plan.folds,
        "estimators": list(plan.estimators.values()),
        "space": plan.space.text(),
        "try": plan.space.tries,
        "optuna": optuna.__version__,
    }
    if len(json.dumps(whole)) > write.TAG_LENGTH:  # then that they differ can be told, and not in what
        for key in ("estimators", "space", "try"):
            whole[key] = hashlib.sha256(json.dumps(whole[key]).encode()).hexdigest()
    return whole


def check_same(study: str, plan: StudyPlan, earlier: Sequence[Run]) -> None:
    """Raise WrongValue, naming all differences, where a study of that name is another one."""
    if not earlier:
        return
    recorded = _without_none(json.loads(earlier[-1].data.tags[Tag.IDENTITY]))
    now = json.loads(json.dumps(identity(plan)))
    differences = _differences(recorded, now)
    telling = [difference for difference in differences if not difference.startswith(_DIGEST)]
    if differences:
        raise WrongValue(
            f"--study {study!r}: is another one on record (run {earlier[-1].info.run_id}): "
            f"{'; '.join(telling or differences)}; give another name, or start from its trials with --warm_start"
        )


def _differences(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    found = []
    for key in {**recorded, **now}:
        old, new = recorded.get(key), now.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            found += [f"{key}: {difference}" for difference in _differences(old, new)]
        else:
            found.append(f"{key} {'none' if old is None else old}, now {'none' if new is None else new}")
    return found


def load(experiment_id: str, study: str, plan: StudyPlan, earlier: Sequence[Run]) -> History:
    """Read what is on record of a study, and settle what the children of its dead tuners left."""
    if not earlier:
        return History()
    trials: dict[int, Run] = {}
    cut_off: dict[int, Run] = {}
    baselines: dict[str, Run] = {}
    retries: Counter[int] = Counter()
    others: list[Run] = []
    ours = f"tags.`{Tag.STUDY}` = '{study}'"
    for run in sorted(read.find_runs([experiment_id], ours), key=read.by_start):
        tags = run.data.tags
        if tags.get(Tag.ROLE) in (Role.CONFIRMATION, Role.CHAMPION):
            if Tag.STATE not in tags:
                settle_cut_off(run)
            others.append(run)
        if tags.get(Tag.ROLE) not in (Role.TRIAL, Role.BASELINE):
            continue
        counts = tags.get(Tag.STATE) in SETTLED or (Tag.STATE not in tags and _did_its_work(run, plan))
        if not counts:
            settle_cut_off(run)
        if tags[Tag.ROLE] == Role.BASELINE:
            if counts:
                baselines[tags[Tag.PARAMS]] = run
            continue
        number = int(tags[Tag.TRIAL])
        (trials if counts else cut_off)[number] = run
        retries[number] += tags.get(Tag.STATE) == State.RETRIED
    return History(earlier, trials, cut_off, baselines, retries, others)


def _reported(run: Run, steps_of: Callable[[str], Steps]) -> Steps:
    """Return what a pruner has seen of a run: by its tag or, where that was too long for one, by the metric."""
    tags = run.data.tags
    if Tag.REPORTED in tags:
        return [(int(step), float(value)) for step, value in json.loads(tags[Tag.REPORTED])]
    until = float(tags.get(Tag.PRUNED_AT, math.inf))
    return [(step, value) for step, value in steps_of(run.info.run_id) if step <= until]


def settle_leftovers(experiment_id: str, study: str) -> None:
    """Settle what is RUNNING of a study that has ended: runs that a server made twice, since its answer was lost."""
    of_study = f"tags.`{Tag.STUDY}` = '{study}' AND tags.`{Tag.ROLE}` != '{Role.STUDY}'"
    for run in read.find_runs([experiment_id], f"attributes.status = 'RUNNING' AND {of_study}"):
        settle_cut_off(run)


def _did_its_work(run: Run, plan: StudyPlan) -> bool:
    """Tell whether a run that nobody has settled carries its whole result.

    `train` logs its objective last of all; another entry point may log it at each step, so its run must have ended too.
    """
    scored = all(read.is_finite(run.data.metrics.get(objective.name, math.nan)) for objective in plan.objectives)
    return scored and (plan.entry.runs_train or run.info.status == "FINISHED")


def settle_cut_off(run: Run) -> None:
    """Write to a child's run that it was cut off: KILLED, and counted nowhere.

    One whose tuner died between the two writes that settle it has its state, and gets the status that goes with it.
    """
    state = run.data.tags.get(Tag.STATE)
    if state not in (*SETTLED, State.STOPPED, State.RETRIED):
        write.record(run.info.run_id, tags={Tag.STATE: State.STOPPED})
    if run.info.status in ("RUNNING", "SCHEDULED"):
        status = STATUS[SETTLED[state]] if state in SETTLED else "KILLED"
        MlflowClient().set_terminated(run.info.run_id, status)
