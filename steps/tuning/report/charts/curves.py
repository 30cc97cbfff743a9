"""The score of each trial while it ran: step by step as its script logs it, or fold by fold as a pruner sees it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from steps.tracking import read
from steps.tuning.report.charts import chart
from steps.tuning.report.charts.chart import ACCENT, INK, PAPER, PRUNED, SOFT, Chart, Spec
from steps.tuning.report.study_record import StudyRecord
from steps.tuning.report.trial_record import TrialRecord
from steps.tuning.report.wording import counted

TITLE, _BY_FOLD = "Learning curves", "Score fold by fold"
# Lines in all, of the best trials among them, and points in all.
_MOST, _BEST, _MOST_POINTS = 100, 30, 4000
# If none of so many trials has logged more than one step, none is looked for in the others.
_ASKED = 3
# Nor is one looked for once so many steps were read: a store takes seconds for them.
_MOST_READ = 200_000
_LINES = {"rest": (SOFT, 1, 0.35), "tenth": (ACCENT, 1.8, 0.85), "best": (INK, 3, 1)}

Steps = Mapping[int, float]


def logged(run_id: str, metric: str) -> Steps:
    """Return the steps of a metric that a run has logged, the last value of each."""
    history = sorted(MlflowClient().get_metric_history(run_id, metric), key=lambda each: (each.step, each.timestamp))
    return {each.step: each.value for each in history if read.is_finite(each.value)}


def draw(record: StudyRecord, find: Callable[[str, str], Steps] = logged) -> Chart | None:
    """Draw a line for each trial with several steps; None if no trial has. `find` reads the steps of a run."""
    objective = record.plan.objectives[0]
    with_steps = [trial for trial in _candidates(record) if trial.steps or not record.plan.is_folded]
    of = _steps(with_steps, objective.logged, find, ask=not record.plan.is_folded)
    shown = [trial for trial in with_steps if len(of.get(trial.number, ())) > 1]
    pruned = [trial for trial in with_steps if trial.state == TrialState.PRUNED and of.get(trial.number)]
    if not shown:
        return None
    rank = {trial.number: place for place, trial in enumerate(record.ranked)}
    rows = [row for trial in shown for row in _line(trial, of[trial.number], rank, _MOST_POINTS // len(shown))]
    ends = [
        {"trial": trial.number, "step": (last := max(of[trial.number])), "value": chart.rounded(of[trial.number][last])}
        for trial in pruned
    ]
    if record.plan.is_folded:
        rows, ends = _counted_from_one(rows), _counted_from_one(ends)
    scale, beyond = chart.score_scale([row["value"] for row in [*rows, *ends]], objective.sign)
    note = "Each line is a trial: the thickest is the best one, the coloured ones are the best tenth."
    if record.plan.is_folded:
        note += " It is the score of the folds so far."
    note += " A triangle is where a trial was pruned." if ends else ""
    every = len([trial for trial in record.trials if trial.steps]) or len(record.trials)
    note += f" {len(shown)} of {every:,} trials are drawn." if min(len(with_steps), len(of)) < every else ""
    note += " What is far worse is left out." if beyond else ""
    alternative = f"{counted(len(shown), 'line')}, {len(ends)} of them ended by the pruner."
    title = _BY_FOLD if record.plan.is_folded else TITLE
    return Chart(title, note, [_spec(rows, ends, objective.logged, scale, folded=record.plan.is_folded)], alternative)


def _candidates(record: StudyRecord) -> Sequence[TrialRecord]:
    """Return the best trials and some of the others, no more than are drawn."""
    best = list(record.ranked[:_BEST])
    numbers = {trial.number for trial in best}
    may = [t for t in record.trials if t.number not in numbers and t.state != TrialState.FAIL]
    some = [t for t in may if t.steps] or may
    return [*best, *chart.every(some, _MOST - len(best))]


def _steps(
    trials: Sequence[TrialRecord], metric: str, find: Callable[[str, str], Steps], *, ask: bool
) -> dict[int, Steps]:
    """Return the steps of each trial: as the pruner saw them or, if it saw none, as the run has them on record."""
    found: dict[int, Steps] = {}
    asked = read_so_far = 0
    for trial in trials:
        if trial.steps:
            found[trial.number] = trial.steps
        elif ask and read_so_far < _MOST_READ and (asked < _ASKED or any(len(each) > 1 for each in found.values())):
            found[trial.number] = find(trial.run_id, metric)
            asked, read_so_far = asked + 1, read_so_far + len(found[trial.number])
    return found


def _line(trial: TrialRecord, steps: Steps, rank: Mapping[int, int], most: int) -> list[dict[str, Any]]:
    place = rank.get(trial.number)
    kind = "rest" if place is None or place > len(rank) // 10 else "tenth" if place else "best"
    points = sorted(steps.items())
    kept = [*chart.every(points[:-1], max(2, most)), points[-1]]
    return [{"trial": trial.number, "kind": kind, "step": step, "value": chart.rounded(value)} for step, value in kept]


def _counted_from_one(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows whose folds are numbered as people do, and as the page does elsewhere."""
    return [{**row, "step": row["step"] + 1} for row in rows]


def _spec(rows: list[Any], ends: list[Any], metric: str, scale: dict[str, Any], *, folded: bool) -> Spec:
    x: dict[str, Any] = {"field": "step", "type": "quantitative", "title": "fold" if folded else "step"}
    x |= {
        "scale": {"zero": False, "nice": False, "padding": 8},
        "axis": {"tickMinStep": 1, "format": "d", "grid": False},
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "title": metric,
        "scale": {**scale, "padding": 8},
        "axis": {"tickCount": 6},
    }
    tooltip = [chart.field("trial", "trial"), chart.field("step", "step"), chart.field("value", metric)]
    layers: list[Spec] = []
    for kind, (colour, width, opacity) in _LINES.items():
        if not any(row["kind"] == kind for row in rows):
            continue
        mark = {"type": "line", "color": colour, "strokeWidth": width, "strokeOpacity": opacity, "clip": True}
        encoding = {"x": x, "y": y, "detail": {"field": "trial"}, "order": {"field": "step"}}
        layers.append({"transform": [{"filter": f"datum.kind === '{kind}'"}], "mark": mark, "encoding": encoding})
    point = {"type": "point", "filled": True, "opacity": 0.001, "size": 60}
    layers.append({"mark": point, "encoding": {"x": x, "y": y, "tooltip": tooltip}})
    if ends:
        mark = {"type": "point", "shape": "triangle-down", "filled": True, "color": PRUNED, "size": 70, "opacity": 1}
        mark |= {"stroke": PAPER, "strokeWidth": 0.5}
        layers.append({"data": {"values": ends}, "mark": mark, "encoding": {"x": x, "y": y, "tooltip": tooltip}})
    return {"height": 300, "data": {"values": rows}, "layer": layers}
