"""The score of each trial in the order of their numbers, and the best so far."""

import math
from collections.abc import Sequence
from typing import Any

from steps.tuning.champion import contest
from steps.tuning.report.charts import chart
from steps.tuning.report.charts.chart import ACCENT, FAILED, INK, PAPER, PRUNED, SOFT, Chart, Spec
from steps.tuning.report.study_record import StudyRecord
from steps.tuning.report.trial_record import STATES, TrialRecord
from steps.tuning.report.wording import counted

TITLE = "Score of each trial"
_MOST, _BEST = 1500, 300
# With more trials a tooltip has no hyperparameters: they would make most of the page.
_WITH_HYPERPARAMETERS = 500
_FINISHED, _PRUNED, _FAILED = STATES.values()
_INFEASIBLE = "breaks a constraint"
_STATES = {
    _FINISHED: (ACCENT, "circle"),
    _INFEASIBLE: (SOFT, "diamond"),
    _PRUNED: (PRUNED, "triangle-up"),
    _FAILED: (FAILED, "cross"),
}


def draw(record: StudyRecord) -> Chart:
    """Draw the trials of a study with one objective."""
    if not record.ranked:
        return Chart(TITLE, chart.why_nothing(record))
    objective, best = record.plan.objectives[0], record.ranked[0]
    scored = {trial.number: trial for trial in record.ranked}
    shown = [scored.get(trial.number, trial) for trial in _thinned(record)]
    rows = [_row(trial, record, with_all=len(shown) <= _WITH_HYPERPARAMETERS) for trial in shown]
    scores = [row["score"] for row in rows if row["score"] is not None]
    scale, beyond = chart.score_scale(scores, objective.sign)
    note = "Each point is a trial, the line is the best so far."
    if any(row["score"] is None for row in rows):
        note += " Trials without a score stand at the lower edge."
    if len(shown) < len(record.trials):
        note += f" {len(shown):,} of {len(record.trials):,} trials are drawn: the best ones, and some of the rest."
    alternative = (
        f"{counted(len(record.trials), 'trial')}; the best {objective.name} is {best.values[0]:.6g}, of trial "
        f"{best.number}; the first trial with a score has {_first(record).values[0]:.6g}."
    )
    return Chart(TITLE, note + chart.at_the_edge(beyond), [_spec(record, rows, scale)], alternative)


def _first(record: StudyRecord) -> TrialRecord:
    return min(record.ranked, key=lambda trial: trial.number)


def _thinned(record: StudyRecord) -> Sequence[TrialRecord]:
    """Return all trials or, of many, the best ones, those that were the best so far, and one in k of the rest."""
    if len(record.trials) <= _MOST:
        return record.trials
    kept = {trial.number for trial in (*record.ranked[:_BEST], *_rising(record))}
    rest = [trial for trial in record.trials if trial.number not in kept]
    kept |= {trial.number for trial in chart.every(rest, _MOST - _BEST)}
    return [trial for trial in record.trials if trial.number in kept]


def _rising(record: StudyRecord) -> list[TrialRecord]:
    """Return the trials that were the best so far, each when it came."""
    sign, rising = record.plan.objectives[0].sign, list[TrialRecord]()
    for trial in sorted(record.ranked, key=lambda trial: trial.number):
        if not rising or sign * trial.values[0] > sign * rising[-1].values[0]:
            rising.append(trial)
    return rising


def _row(trial: TrialRecord, record: StudyRecord, *, with_all: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"trial": trial.number, "state": _state(trial), "score": None}
    if trial.values:
        row["score"] = chart.rounded(trial.values[0])
    if with_all:
        row["with"] = ", ".join(f"{name} {chart.short(value)}" for name, value in trial.recorded.items())
    return row


def _state(trial: TrialRecord) -> str:
    state = STATES[trial.state]
    return _INFEASIBLE if state == _FINISHED and not trial.is_feasible else state


def _spec(record: StudyRecord, rows: list[dict[str, Any]], scale: dict[str, Any]) -> Spec:
    name, last = record.plan.objectives[0].name, max(trial.number for trial in record.trials)
    x: dict[str, Any] = {"field": "trial", "type": "quantitative", "title": "trial"}
    x |= {"scale": {"domain": [0, max(1, last)], "nice": False, "padding": 8}}
    x |= {"axis": {"tickMinStep": 1, "format": "d", "grid": False}}
    y: dict[str, Any] = {"field": "score", "type": "quantitative", "title": name, "scale": {**scale, "padding": 16}}
    y |= {"axis": {"tickCount": 6}}
    states = [state for state in _STATES if any(row["state"] == state for row in rows)]
    tooltip = [chart.field("trial", "trial"), chart.field("state", "state", "nominal"), chart.field("score", name)]
    tooltip += [chart.field("with", "with", "nominal")] if "with" in rows[0] else []
    legend = None if states == [_FINISHED] else {"title": None, "symbolOpacity": 1}
    look = {
        "color": {
            "field": "state",
            "scale": {"domain": states, "range": [_STATES[state][0] for state in states]},
            "legend": legend,
        },
        "shape": {
            "field": "state",
            "scale": {"domain": states, "range": [_STATES[state][1] for state in states]},
            "legend": legend,
        },
        "tooltip": tooltip,
    }
    point = {"type": "point", "filled": True, "size": 45 if len(rows) <= 300 else 20, "opacity": 0.75}
    scored, others = {"filter": "isValid(datum.score)"}, {"filter": "!isValid(datum.score)"}
    so_far = [{"trial": trial.number, "score": chart.rounded(trial.values[0])} for trial in _rising(record)]
    line = {"type": "line", "interpolate": "step-after", "color": INK, "strokeWidth": 2, "clip": True}
    baseline = _baseline(record, y, scale.get("domain") or _around(rows))
    return {
        "height": 300,
        "data": {"values": rows},
        "layer": [
            *baseline[:1],
            {
                "data": {"values": [*so_far, {**so_far[-1], "trial": last}]},
                "mark": line,
                "encoding": {"x": x, "y": y},
            },
            {"transform": [scored], "mark": point, "encoding": {"x": x, "y": y, **look}},
            {"transform": [others], "mark": point, "encoding": {"x": x, "y": {"value": "height"}, **look}},
            *baseline[1:],
            *_best(so_far[-1], record, x, y),
        ],
    }


def _best(best: dict[str, Any], record: StudyRecord, x: Spec, y: Spec) -> list[Spec]:
    """Mark the best trial by a ring with its number."""
    right = best["trial"] > 0.6 * max(trial.number for trial in record.trials)
    above = record.plan.objectives[0].sign
    text = {"type": "text", "text": f"best: trial {best['trial']}", "color": INK, "fontWeight": 600}
    text |= {"align": "right" if right else "left", "dx": -10 if right else 10, "dy": -11 * above}
    data, encoding = {"values": [best]}, {"x": x, "y": y}
    ring = {"type": "point", "filled": False, "color": INK, "size": 130, "strokeWidth": 2}
    halo = {**text, "stroke": PAPER, "strokeWidth": 3}
    return [{"data": data, "mark": mark, "encoding": encoding} for mark in (ring, halo, text)]


def _around(rows: list[dict[str, Any]]) -> tuple[float, float]:
    """Return how far from the scores of the trials a line may be that would not press them together."""
    scores = [row["score"] for row in rows if row["score"] is not None]
    low, high = min(scores), max(scores)
    return (low - (high - low), high + (high - low)) if high > low else (-math.inf, math.inf)


def _baseline(record: StudyRecord, y: Spec, within: Sequence[float]) -> list[Spec]:
    """Draw the best score of the baselines as a line across, if it is within that; its name is to lie on the points."""
    scored = [each for each in record.baselines if each.value is not None]
    if not scored:
        return []
    first = contest.ranked(record.plan, scored)[0]
    score = chart.rounded(first.outcome.values[0])
    if not within[0] <= score <= within[1]:
        return []
    data = {"values": [{"score": score}]}
    rule = {"type": "rule", "color": SOFT, "strokeDash": [5, 4]}
    text: dict[str, Any] = {"type": "text", "text": contest.name_of(first.job, record.plan), "align": "right"}
    # Not on the line of the best nor, where that is the same, on its name.
    ahead = chart.rounded(record.ranked[0].values[0]) - score or record.plan.objectives[0].sign
    text |= {"x": "width", "color": SOFT, "dy": 10 if ahead > 0 else -8}
    halo = {**text, "stroke": PAPER, "strokeWidth": 3}
    return [{"data": data, "mark": mark, "encoding": {"y": y}} for mark in (rule, halo, text)]
