"""Two objectives against each other, with the trials that no other is better than in both."""

from collections.abc import Sequence
from typing import Any

from steps.tuning.report.charts import chart
from steps.tuning.report.charts.chart import ACCENT, INK, PAPER, SOFT, Chart, Spec
from steps.tuning.report.study_record import StudyRecord
from steps.tuning.report.trial_record import TrialRecord
from steps.tuning.report.wording import counted

TITLE = "Pareto front"
_MOST, _MOST_NAMED = 1500, 12
_ON_IT, _OTHER, _INFEASIBLE = "on the front", "other trials", "breaks a constraint"
_KINDS = {_ON_IT: (ACCENT, "circle"), _OTHER: (SOFT, "circle"), _INFEASIBLE: (SOFT, "diamond")}


def draw(record: StudyRecord) -> Chart:
    """Draw the trials of a study with two objectives."""
    front = record.front
    if not front:
        return Chart(TITLE, chart.why_nothing(record))
    on_it = {trial.number for trial in front}
    scored = [trial for trial in record.trials if trial.values]
    others = [trial for trial in scored if trial.number not in on_it]
    shown = [*chart.every(others, _MOST), *chart.every(front, _MOST)]
    rows = [_row(trial, on_it) for trial in shown]
    scales = [
        chart.score_scale([trial.values[place] for trial in scored], objective.sign)[0]
        for place, objective in enumerate(record.plan.objectives)
    ]
    beyond = sum(any(map(chart.is_beyond, trial.values, scales)) for trial in scored)
    note = "No trial is better in both objectives than one on the front."
    if len(shown) < len(scored):
        note += f" {len(shown):,} of {len(scored):,} trials are drawn: the front, and some of the rest."
    (one, other), first, last = record.plan.objectives, front[0], front[-1]
    alternative = (
        f"{counted(len(front), 'trial')} of {len(scored):,} on the front, from {one.name} {first.values[0]:.6g} with "
        f"{other.name} {first.values[1]:.6g} to {last.values[0]:.6g} with {last.values[1]:.6g}."
    )
    return Chart(TITLE, note + chart.at_the_edge(beyond), [_spec(record, rows, scales, front)], alternative)


def _row(trial: TrialRecord, on_it: set[int]) -> dict[str, Any]:
    kind = _ON_IT if trial.number in on_it else _OTHER if trial.is_feasible else _INFEASIBLE
    return {
        "trial": trial.number,
        "kind": kind,
        "x": chart.rounded(trial.values[0]),
        "y": chart.rounded(trial.values[1]),
    }


def _spec(record: StudyRecord, rows: list[dict[str, Any]], scales: list[dict[str, Any]], front: Sequence[Any]) -> Spec:
    names = [f"{objective.name} ({_better(objective.sign)})" for objective in record.plan.objectives]
    x, y = (
        {
            "field": key,
            "type": "quantitative",
            "title": name,
            "scale": {**scale, "padding": 14},
            "axis": {"tickCount": 6},
        }
        for key, name, scale in zip("xy", names, scales, strict=True)
    )
    kinds = [kind for kind in _KINDS if any(row["kind"] == kind for row in rows)]
    look = {
        channel: {
            "field": "kind",
            "scale": {"domain": kinds, "range": [_KINDS[kind][place] for kind in kinds]},
            "legend": {"title": None, "symbolOpacity": 1},
        }
        for place, channel in enumerate(("color", "shape"))
    }
    tooltip = [chart.field("trial", "trial")]
    tooltip += [chart.field(key, each.name) for key, each in zip("xy", record.plan.objectives, strict=True)]
    on_it = {"filter": f"datum.kind === '{_ON_IT}'"}
    line = {"type": "line", "color": ACCENT, "strokeWidth": 1.5, "strokeDash": [4, 3], "clip": True}
    text = {"type": "text", "align": "left", "dx": 8, "dy": -8, "color": INK}
    number = {"field": "trial", "type": "quantitative", "format": "d"}
    names_them = [{"transform": [on_it], "mark": text, "encoding": {"x": x, "y": y, "text": number}}]
    return {
        "height": 340,
        "data": {"values": rows},
        "layer": [
            {"transform": [on_it], "mark": line, "encoding": {"x": x, "y": y, "order": {"field": "x"}}},
            {
                "mark": {"type": "point", "filled": True, "stroke": PAPER, "strokeWidth": 0.5},
                "encoding": {
                    "x": x,
                    "y": y,
                    "size": {"condition": {"test": f"datum.kind === '{_ON_IT}'", "value": 90}, "value": 35},
                    "opacity": {"condition": {"test": f"datum.kind === '{_ON_IT}'", "value": 1}, "value": 0.55},
                    "tooltip": tooltip,
                    **look,
                },
            },
            *(names_them if len(front) <= _MOST_NAMED else []),
        ],
    }


def _better(sign: int) -> str:
    return "more is better" if sign > 0 else "less is better"
