"""When each trial ran: as bars in lanes or, of many trials, how many ran at a time."""

from collections.abc import Sequence
from typing import Any

from steps.tuning.report.charts import chart
from steps.tuning.report.charts.chart import ACCENT, FAILED, PRUNED, Chart, Spec
from steps.tuning.report.trial_record import STATES, TrialRecord
from steps.tuning.report.wording import counted

TITLE = "Timeline"
# More bars, or more lanes, are no longer told apart.
_MOST, _MOST_LANES = 600, 40
# The columns of the picture of how many ran.
_COLUMNS = 240
_FINISHED, _PRUNED, _FAILED = STATES.values()
_COLOURS = {_FINISHED: ACCENT, _PRUNED: PRUNED, _FAILED: FAILED}
# Told apart without colour too: full, half full, empty.
_FILL = {_PRUNED: 0.4, _FAILED: 0.0}
_UNITS = ((7200, 3600, "hours"), (180, 60, "minutes"))


def draw(trials: Sequence[TrialRecord]) -> Chart:
    """Draw when each trial that has ended ran."""
    if not trials:
        return Chart(TITLE, "No trial has ended yet.")
    first = min(trial.start for trial in trials)
    span = (max(trial.end for trial in trials) - first) / 1000
    divisor, unit = next(((by, name) for least, by, name in _UNITS if span >= least), (1, "seconds"))
    title = f"{unit} since the start of the first trial"
    lane_of = lanes(trials)
    most = max(lane_of) + 1
    alternative = f"{counted(len(trials), 'trial')} in {span / divisor:.4g} {unit}, at most {most} at a time."
    if len(trials) > _MOST or most > _MOST_LANES:
        note = (
            f"How many of the {len(trials):,} trials ran at a time; more than a few hundred bars can't be told apart."
        )
        return Chart(TITLE, note, [_area(trials, first, span, divisor, title)], alternative)
    rows = [
        {
            "trial": trial.number,
            "state": STATES[trial.state],
            "lane": lane + 1,
            "start": chart.rounded((trial.start - first) / 1000 / divisor),
            "end": chart.rounded((trial.end - first) / 1000 / divisor),
            "seconds": trial.seconds,
        }
        for trial, lane in zip(trials, lane_of, strict=True)
    ]
    note = "Each bar is a trial, from its start to its end; those in one row ran one after the other."
    return Chart(TITLE, note, [_bars(rows, most, title)], alternative)


def lanes(trials: Sequence[TrialRecord]) -> list[int]:
    """Give each trial a line so that no two on a line overlap, with no more lines than trials at a time."""
    free_from: list[int] = []
    lane_of = dict.fromkeys(range(len(trials)), 0)
    for index in sorted(lane_of, key=lambda i: (trials[i].start, trials[i].number)):
        lane = next((i for i, end in enumerate(free_from) if end <= trials[index].start), len(free_from))
        if lane == len(free_from):
            free_from.append(0)
        free_from[lane] = trials[index].end
        lane_of[index] = lane
    return [lane_of[index] for index in range(len(trials))]


def _bars(rows: Sequence[dict[str, Any]], most: int, title: str) -> Spec:
    states = [state for state in _COLOURS if any(row["state"] == state for row in rows)]
    colours = {"domain": states, "range": [_COLOURS[state] for state in states]}
    legend = None if states == [_FINISHED] else {"title": None, "symbolType": "square", "symbolStrokeWidth": 1.5}
    # Else all symbols are full: a legend ignores conditions. Two legends that are drawn as one can't both have this.
    filled = legend and legend | {"encoding": {"symbols": {"fillOpacity": _fill("value")}}}
    x = {"field": "start", "type": "quantitative", "title": title, "scale": {"nice": False}, "axis": {"tickCount": 8}}
    lane = {"field": "lane", "type": "ordinal", "title": "at a time", "axis": {"grid": False, "ticks": False}}
    tooltip = [
        chart.field("trial", "trial"),
        chart.field("state", "state", "nominal"),
        chart.field("seconds", "seconds"),
    ]
    return {
        "height": most * (26 if most <= 16 else 12),
        "data": {"values": list(rows)},
        "mark": {"type": "bar", "strokeWidth": 1, "cornerRadius": 2, "height": {"band": 0.75}},
        "encoding": {
            "x": x,
            "x2": {"field": "end"},
            "y": lane,
            "fill": {"field": "state", "scale": colours, "legend": filled},
            "stroke": {"field": "state", "scale": colours, "legend": legend},
            "fillOpacity": _fill("state"),
            "tooltip": tooltip,
        },
    }


def _fill(field: str) -> dict[str, Any]:
    """Return how full a mark is, by the field that has its state."""
    conditions = [{"test": f"datum.{field} === '{state}'", "value": opacity} for state, opacity in _FILL.items()]
    return {"condition": conditions, "value": 0.85}


def _area(trials: Sequence[TrialRecord], first: int, span: float, divisor: float, title: str) -> Spec:
    """Count for equal parts of the time how many trials ran in them on average."""
    width = max(span, 0.001) / _COLUMNS
    ran = [0.0] * _COLUMNS
    for trial in trials:
        start, end = (trial.start - first) / 1000 / width, (trial.end - first) / 1000 / width
        for column in range(min(int(start), _COLUMNS - 1), min(int(end), _COLUMNS - 1) + 1):
            ran[column] += max(0.0, min(end, column + 1) - max(start, column))
    rows = [{"at": chart.rounded(i * width / divisor), "ran": float(f"{count:.4g}")} for i, count in enumerate(ran)]
    x = {
        "field": "at",
        "type": "quantitative",
        "title": title,
        "scale": {"nice": False},
        "axis": {"tickCount": 8, "grid": False},
    }
    y = {"field": "ran", "type": "quantitative", "title": "trials at a time"}
    mark = {"type": "area", "interpolate": "step-after", "color": ACCENT, "opacity": 0.7}
    tooltip = [chart.field("at", title), chart.field("ran", "trials at a time")]
    return {"height": 180, "data": {"values": rows}, "mark": mark, "encoding": {"x": x, "y": y, "tooltip": tooltip}}
