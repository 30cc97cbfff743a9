"""The tables of trials on the page: all of them or the best, the front of two objectives, what was pruned or failed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from optuna.trial import TrialState

from steps.names import Artifact
from steps.tuning.report.study_record import StudyRecord
from steps.tuning.report.trial_record import STATES, TrialRecord
from steps.tuning.report.wording import counted, joined, rounded, values
from steps.tuning.search.failure_kind import kind_of
from steps.tuning.space.search_space import ESTIMATOR
from steps.tuning.study_plan import StudyPlan

# A page with more of them takes long to open and is read by nobody.
MOST_ROWS = 200
_MOST_COLUMNS = 12
_MOST_REASONS = 12
_ALL = "hyperparameters"  # the column that has all of them


@dataclass(frozen=True)
class Cell:
    """What stands in a cell, and the number by which it is sorted if that is not what stands there."""

    text: str
    sort: float | None = None


@dataclass(frozen=True)
class Row:
    """A trial in a table."""

    number: int
    run_id: str
    is_best: bool
    cells: Sequence[Cell]


@dataclass(frozen=True)
class TrialsTable:
    """A table of trials; `caption` says which, in what order, `note` what it lacks."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Row]
    note: str = ""
    wide: Sequence[str] = field(default=(_ALL, "how it ended"))  # columns of running text


def of_all(record: StudyRecord) -> TrialsTable:
    """Make the table of all trials, the best first, if there is a best; of many the first, and a note on the rest."""
    best, every = {trial.number for trial in record.front}, record.as_a_table
    shown = every[:MOST_ROWS]
    which = "All trials" if len(shown) == len(every) else f"{len(shown)} of {len(every):,} trials"
    return _table(record, f"{which}, {_order(record)}", shown, best, _left_out(every[MOST_ROWS:]))


def _order(record: StudyRecord) -> str:
    if not record.front:
        return "by number"
    objectives = record.plan.objectives
    return "the best first" if len(objectives) == 1 else f"those on the front first, the others by {objectives[0].name}"


def of_front(record: StudyRecord) -> TrialsTable | None:
    """Make the table of the front of two objectives; None with one."""
    objectives = record.plan.objectives
    if len(objectives) == 1 or not record.front:
        return None
    caption, shown = f"Trials on the front, by {objectives[0].name}", record.front[:MOST_ROWS]
    return _table(record, caption, shown, set(), _left_out(record.front[MOST_ROWS:]))


def _left_out(trials: Sequence[TrialRecord]) -> str:
    if not trials:
        return ""
    states = Counter(trial.state for trial in trials)
    ends = joined([f"{count:,} {STATES[state]}" for state, count in states.items()])
    return f"{counted(len(trials), 'more trial')} ({ends}) {'is' if len(trials) == 1 else 'are'} in {Artifact.TRIALS}."


def _table(record: StudyRecord, caption: str, trials: Sequence[TrialRecord], best: set[int], note: str) -> TrialsTable:
    names = list(dict.fromkeys(name for trial in trials for name in trial.recorded))
    if len(names) > _MOST_COLUMNS or any(name not in trial.recorded for trial in trials for name in names):
        names = [*([ESTIMATOR] if ESTIMATOR in names else []), _ALL]
    states = any(trial.state != TrialState.COMPLETE for trial in trials)
    reasons = any(reason_of(trial, record.plan) for trial in trials)
    objectives = [objective.name for objective in record.plan.objectives]
    columns = [*objectives, *(["feasible"] if record.plan.constraints else []), *names, "seconds"]
    columns = [*columns, *(["state"] if states else []), *(["how it ended"] if reasons else [])]
    rows = []
    for trial in trials:
        cells = [Cell(rounded(value), value) for value in trial.values] or [Cell("")] * len(objectives)
        cells += map(Cell, record.feasibility(trial))
        cells += _hyperparameters(trial, names, values(trial.recorded, record.plan.estimators.values()))
        cells.append(Cell(rounded(trial.seconds), trial.seconds))
        cells += [Cell(STATES[trial.state])] if states else []
        cells += [Cell(reason_of(trial, record.plan))] if reasons else []
        rows.append(Row(trial.number, trial.run_id, trial.number in best, cells))
    return TrialsTable(caption, columns, rows, note)


def _hyperparameters(trial: TrialRecord, names: Sequence[str], shown: Mapping[str, str]) -> list[Cell]:
    rest = ", ".join(f"{name} {word}" for name, word in shown.items() if name not in names)
    return [
        Cell(shown[name], _number(trial.recorded[name]))
        if name in shown
        else Cell(rest)  # a script may have one so named
        for name in names
    ]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def reason_of(trial: TrialRecord, plan: StudyPlan) -> str:
    """Say where a trial was pruned, or why it failed; nothing of one that finished."""
    if trial.state != TrialState.PRUNED:
        return trial.reason
    if trial.pruned_at is None:
        return "pruned"
    if plan.fidelity is not None:
        return f"had {trial.pruned_at:,} of {plan.fidelity.high:,} {plan.fidelity.name}"
    if plan.is_folded:
        shared = plan.settings.shared
        return f"pruned after fold {trial.pruned_at + 1} of {shared.folds * shared.repeats}"
    return f"pruned at step {trial.pruned_at:,}"


def ends(record: StudyRecord) -> tuple[list[tuple[int, str, TrialRecord]], int]:
    """Return how often trials were pruned where, and failed why, with the first of each; and how many are left out.

    Failures of one kind are one line, with the words of the first.
    """
    groups: dict[tuple[int, str], list[TrialRecord]] = {}
    for trial in record.trials:
        if trial.state == TrialState.PRUNED:
            at = trial.pruned_at
            groups.setdefault((-1 if at is None else at, reason_of(trial, record.plan)), []).append(trial)
    pruned = [groups[key] for key in sorted(groups)]
    kinds: dict[str, list[TrialRecord]] = {}
    for trial in record.trials:
        if trial.state == TrialState.FAIL:
            kinds.setdefault(kind_of(trial.reason), []).append(trial)
    failed = sorted(kinds.values(), key=lambda trials: -len(trials))
    lines = [(len(trials), reason_of(trials[0], record.plan), trials[0]) for trials in (*failed, *pruned)]
    return lines[:_MOST_REASONS], sum(count for count, _, _ in lines[_MOST_REASONS:])
