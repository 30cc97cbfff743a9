"""A line for each trial through its hyperparameters to its score: one axis below the other, so that names have room."""

from collections.abc import Sequence
from typing import Any

from steps.tuning.report.charts import chart, parallel_axis
from steps.tuning.report.charts.branch import Branch
from steps.tuning.report.charts.chart import ACCENT, INK, LINE, PAPER, SOFT, Chart, Spec
from steps.tuning.report.charts.parallel_axis import Axis
from steps.tuning.search.objective import Objective

TITLE = "Parallel coordinates"
# The most lines; the axes at first, and on request.
_MOST, _FIRST, _MOST_AXES = 100, 6, 30
# The pixels from an axis to the next.
_ROW = 62
_BEST, _TENTH, _REST = "the best", "the best tenth", "the rest"
_LINES = {_REST: (SOFT, 1, 0.3), _TENTH: (ACCENT, 1.8, 0.8), _BEST: (INK, 3, 1)}


def draw(branch: Branch, objective: Objective) -> list[Chart]:
    """Draw the trials through the most important hyperparameters, and through all of them on request."""
    names = branch.ranked
    charts = [_chart(TITLE, branch, objective, names[:_FIRST])]
    if len(names) > _FIRST:
        more = names[:_MOST_AXES]
        title = f"{TITLE}: {'all' if len(more) == len(names) else 'the first'} {len(more)} hyperparameters"
        charts.append(_chart(title, branch, objective, more, folded=True))
    return charts


def _chart(title: str, branch: Branch, objective: Objective, names: Sequence[str], *, folded: bool = False) -> Chart:
    places = list(chart.every(range(len(branch.trials)), _MOST))
    note = (
        f"Each line is a trial{branch.whose}, through its hyperparameters down to its score; the thickest is the best."
    )
    if len(names) < len(branch.ranked):
        which = "most important" if branch.weights else "first"
        note += f" Of {len(branch.ranked)} hyperparameters the {len(names)} {which} ones."
    if len(places) < len(branch.trials):
        note += f" {len(places)} of {len(branch.trials):,} finished trials are drawn, by rank, from the best on."
    axes = [parallel_axis.of_hyperparameter(branch.label(name), branch.distributions[name]) for name in names]
    scores = [branch.trials[place].values[0] for place in places]
    scale, beyond = chart.score_scale(scores, objective.sign)
    better = "more is better" if objective.sign > 0 else "less is better"
    score = parallel_axis.of_numbers(f"{objective.name} ({better})", *scale.get("domain", (min(scores), max(scores))))
    rows = [row for place in places for row in _line(branch, place, names, [*axes, score])]
    best = ", ".join(f"{branch.label(name)} {chart.short(branch.points[0].get(name, 'none'))}" for name in names)
    alternative = f"The best trial, {branch.trials[0].number}, has {best}, and {objective.name} {scores[0]:.6g}."
    spec = _spec(rows, [*axes, score])
    return Chart(title, note + chart.at_the_edge(beyond), [spec], alternative, folded)


def _line(branch: Branch, place: int, names: Sequence[str], axes: Sequence[Axis]) -> list[dict[str, Any]]:
    """Return the points of a trial's line; it has gaps where the trial has no such hyperparameter."""
    trial, point = branch.trials[place], branch.points[place]
    kind = _BEST if place == 0 else _TENTH if place <= len(branch.trials) // 10 else _REST
    values = [*(point.get(name) for name in names), trial.values[0]]
    return [
        {
            "trial": trial.number,
            "kind": kind,
            "score": chart.rounded(trial.values[0]),
            "axis": index,
            "at": None if value is None else round(axis.place(value), 4),
            "has": f"{axis.name} {'' if value is None else chart.short(value)}",
        }
        for index, (axis, value) in enumerate(zip(axes, values, strict=True))
    ]


def _spec(rows: Sequence[dict[str, Any]], axes: Sequence[Axis]) -> Spec:
    last = len(axes) - 1
    x: dict[str, Any] = {"field": "at", "type": "quantitative", "axis": None}
    x["scale"] = {"domain": [0, 1], "padding": 12, "nice": False}
    y: dict[str, Any] = {"field": "axis", "type": "quantitative", "axis": None}
    y["scale"] = {"domain": [-0.45, last + 0.4], "nice": False, "zero": False, "reverse": True}
    tooltip = [chart.field("trial", "trial"), chart.field("score", "score"), chart.field("has", "here", "nominal")]
    named = {"values": [{"axis": index, "at": 0, "name": axis.name} for index, axis in enumerate(axes)]}
    lines = []
    for kind, (colour, width, opacity) in _LINES.items():
        if not any(row["kind"] == kind for row in rows):
            continue
        mark = {
            "type": "line",
            "color": colour,
            "strokeWidth": width,
            "strokeOpacity": opacity,
            "invalid": "break-paths-show-domains",
        }
        encoding = {"x": x, "y": y, "detail": {"field": "trial"}, "order": {"field": "axis"}}
        lines.append({"transform": [{"filter": f"datum.kind === '{kind}'"}], "mark": mark, "encoding": encoding})
    point = {"type": "point", "filled": True, "opacity": 0.001, "size": 90}
    name = {"type": "text", "align": "left", "dy": -14, "dx": -10, "color": INK, "fontWeight": 600}
    return {
        "height": _ROW * len(axes),
        "data": {"values": list(rows)},
        "layer": [
            {
                "data": {"values": [{"axis": index, "at": 0, "to": 1} for index in range(len(axes))]},
                "mark": {"type": "rule", "color": LINE, "strokeWidth": 1.5},
                "encoding": {"y": y, "x": x, "x2": {"field": "to"}},
            },
            *lines,
            {
                "transform": [{"filter": "isValid(datum.at)"}],
                "mark": point,
                "encoding": {"x": x, "y": y, "tooltip": tooltip},
            },
            *_over(named, name, "name", x, y),
            *_ticks(axes, x, y),
        ],
    }


def _ticks(axes: Sequence[Axis], x: Spec, y: Spec) -> list[Spec]:
    """Write the ticks below each axis; those at its ends are kept inside."""
    most = max(len(axis.ticks) for axis in axes)
    layers: list[Spec] = []
    for align, low, high in (("left", -1.0, 0.02), ("center", 0.02, 0.98), ("right", 0.98, 2.0)):
        ticks = [
            {"axis": index, "at": round(place, 4), "name": text}
            for index, axis in enumerate(axes)
            for place, text in axis.ticks
            if low <= place < high
        ]
        mark = {"type": "text", "align": align, "dy": 13, "color": SOFT, "fontSize": 11}
        mark["limit"] = {"expr": f"width / {most}"}
        layers += _over({"values": ticks}, mark, "name", x, y) if ticks else []
    return layers


def _over(data: Spec, mark: dict[str, Any], text: str, x: Spec, y: Spec) -> list[Spec]:
    """Write a text that stays readable over lines: first its edge in the colour of the page, then itself."""
    encoding = {"x": x, "y": y, "text": {"field": text, "type": "nominal"}}
    edge = {**mark, "stroke": PAPER, "strokeWidth": 3}
    return [{"data": data, "mark": each, "encoding": encoding} for each in (edge, mark)]
