"""A study beside the earlier ones of its experiment: score, cost, and the settings that differ."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from steps.errors import WrongValue
from steps.names import Metric, Role, State, Tag
from steps.parameters import declared
from steps.tracking import own_tags
from steps.tuning.record import identity
from steps.tuning.report.headline import seconds_at_work
from steps.tuning.report.study_record import StudyRecord

# The newest studies that are shown, and the parent runs that are asked for: a study has one for each of its starts.
MOST, _ASKED = 20, 60
# What makes the scores of two studies comparable; studies that differ in these are named, and not compared.
_SAME = ("objective", "data", "project", "entry_point")
# What says nothing of how a study searched.
_OF_NO_INTEREST = ("n_trials", "timeout_s", "checkpoint_dir", "keep_checkpoints", "data", "project", "version")
_LONGEST = 40


@dataclass(frozen=True)
class StudyLine:
    """A study in the table; what is not on record of it is None."""

    name: str
    run_id: str
    start: int
    score: float | None
    held_out: float | None
    trials: int | None
    failed: int | None
    seconds: float | None
    differs: str = ""
    is_this: bool = False


@dataclass(frozen=True)
class Comparison:
    """The studies that can be compared, the best first, and the names of those that can't."""

    lines: list[StudyLine]
    others: list[str]


def find(record: StudyRecord) -> Comparison:
    """Read the experiment's earlier studies, the newest ones, in one request."""
    condition = f"tags.`{Tag.ROLE}` = '{Role.STUDY}' AND attributes.start_time <= {record.parent.info.start_time}"
    runs = MlflowClient().search_runs(
        [record.parent.info.experiment_id], condition, max_results=_ASKED, order_by=["attributes.start_time DESC"]
    )
    newest: dict[str, Run] = {}
    for run in runs:
        if Tag.IDENTITY in run.data.tags and run.data.tags.get(Tag.STUDY) != record.name:
            newest.setdefault(run.data.tags[Tag.STUDY], run)
    ours = json.loads(json.dumps(identity.as_data(record.plan)))
    lines, others = [], []
    for name, run in list(newest.items())[:MOST]:
        try:
            theirs = own_tags.from_json(run, Tag.IDENTITY, dict)
            settings = own_tags.from_json(run, Tag.SETTINGS, dict, "{}")
        except WrongValue:  # of another study, which this one need not mend
            theirs = {}
        if theirs and all(theirs.get(key) == ours.get(key) for key in _SAME):
            lines.append(_line(name, run, settings, record))
        else:
            others.append(name)
    if not lines:
        return Comparison([], others)
    sign = record.plan.objectives[0].sign
    lines.append(_this(record))
    return Comparison(sorted(lines, key=lambda line: (line.score is None, -sign * (line.score or 0.0))), others)


def _line(name: str, run: Run, settings: Mapping[str, Any], record: StudyRecord) -> StudyLine:
    metrics, info = run.data.metrics, run.info
    ended = [metrics.get(Metric.trials_in(state)) for state in State.SETTLED]
    failed = metrics.get(Metric.trials_in(State.FAIL))
    return StudyLine(
        name,
        info.run_id,
        info.start_time,
        metrics.get(Metric.best(record.plan.objectives[0].name)) if len(record.plan.objectives) == 1 else None,
        metrics.get(Metric.test(record.plan.settings.metric)),
        None if None in ended else round(sum(number or 0 for number in ended)),
        None if failed is None else round(failed),
        _seconds(run),
        _differences(settings, record),
    )


def _seconds(run: Run) -> float | None:
    """Return how long a study took, as its own page says it; without a report only the time of its one start is known.

    The runs of several starts can't tell: one that was killed has for its end when the study went on.
    """
    noted: float | None = run.data.metrics.get(Metric.SEARCH_TIME)
    if noted is not None or run.info.end_time is None or Tag.CONTINUES in run.data.tags:
        return noted
    start, end = int(run.info.start_time), int(run.info.end_time)
    return (end - start) / 1000


def _this(record: StudyRecord) -> StudyLine:
    info, champion = record.parent.info, record.champion
    return StudyLine(
        record.name,
        info.run_id,
        info.start_time,
        record.best.values[0] if record.best else None,
        champion.data.metrics.get(Metric.test(record.plan.settings.metric)) if champion else None,
        len(record.trials),
        sum(trial.state.name == State.FAIL for trial in record.trials),
        seconds_at_work(record.trials),
        is_this=True,
    )


def _differences(theirs: Mapping[str, Any], record: StudyRecord) -> str:
    """Write the settings of another study that this one has otherwise."""
    ours = identity.settings_as_data(record.plan.settings)
    keys = [*identity.RESUMED, "confirm", "baseline"]
    differ = [key for key in keys if key in theirs and theirs[key] != ours.get(key) and key not in _OF_NO_INTEREST]
    return ", ".join(f"{key} {_short(declared.shown(theirs[key]))}" for key in differ)


def _short(word: str) -> str:
    return word if len(word) <= _LONGEST else f"{word[: _LONGEST // 2]}…{word[-_LONGEST // 2 :]}"
