"""What a classifier takes for what on held-out rows: the confusion matrix."""

from typing import Any

from steps.tracking.evaluation import Confusion
from steps.tuning.report.charts import chart, long_names
from steps.tuning.report.charts.chart import INK, PAPER, RAMP, Chart, Spec

TITLE = "Confusion matrix"
# The height of a cell of few classes, of more and of many, in pixels, by the most classes of each.
_HEIGHTS = {4: 56, 10: 40, 1000: 30}
_WIDEST = 120
# The shades between are left out, on which neither dark nor light text can be read.
SHADES = {"domain": [0, 0.5, 0.501, 1], "range": [0, 0.35, 0.8, 1]}


def draw(counted: Confusion, *, weighted: bool) -> Chart:
    """Draw a cell for each pair of classes, darker the greater its share of the actual class, with both numbers."""
    what = "weight" if weighted else "rows"
    right = counted.together_right + sum(row[place] for place, row in enumerate(counted.counts))
    right -= counted.counts[-1][-1] if counted.together else 0
    total = sum(map(sum, counted.counts))
    share = f"{100 * right / (total or 1):.3g} %"
    summary = f"{right:,.6g} of {total:,.6g} held-out rows are predicted right ({share})."
    if weighted:
        summary = f"Of {total:,.6g}, the weight of the held-out rows, {share} is predicted right."
    cell = "the weight of its rows" if weighted else "its number of rows"
    note = f"{summary} Each cell has {cell}, and the share of the actual class that these are."
    if counted.together:
        note += (
            f" The {counted.together} classes with the fewest mistakes are drawn as one: in its cell, "
            f"{counted.together_right:,.6g} of {counted.counts[-1][-1]:,.6g} are predicted right."
        )
    return Chart(TITLE, note, [_matrix(counted, what)], summary + _worst(counted))


def _worst(counted: Confusion) -> str:
    names = long_names.shortened(counted.classes)
    wrong = [
        (count, names[actual], names[predicted])
        for actual, row in enumerate(counted.counts)
        for predicted, count in enumerate(row)
        if actual != predicted and count
    ]
    first = sorted(wrong, key=lambda each: -each[0])[:3]
    named = [f"{actual} for {predicted} ({count:,.6g})" for count, actual, predicted in first]
    return f" Most often mistaken: {', '.join(named)}." if named else ""


def _matrix(counted: Confusion, what: str) -> Spec:
    names = list(counted.classes)
    cells = [
        {"actual": actual, "predicted": predicted, "count": count, "share": chart.rounded(count / (sum(row) or 1))}
        for actual, row in zip(names, counted.counts, strict=True)
        for predicted, count in zip(names, row, strict=True)
    ]
    axis = {
        "labelExpr": long_names.axis_expr(names),
        "labelLimit": 170,
        "labelPadding": 6,
        "ticks": False,
        "domain": False,
    }
    axis |= {"grid": False, "labelOverlap": False}
    place = {"type": "nominal", "sort": names, "scale": {"padding": 0}}
    across = {**place, "scale": {"padding": 0, "range": [0, {"expr": f"min(width, {_WIDEST * len(names)})"}]}}
    below = {"labelAngle": 0 if max(map(len, names)) * len(names) < 40 else -90, "titleAnchor": "start"}
    width, dark = "bandwidth('x')", {"test": "datum.share > 0.5", "value": PAPER}
    ink = {"color": {"condition": dark, "value": INK}}

    def text(size: str, **more: Any) -> dict[str, Any]:  # none in a cell that is too narrow for it
        return {"type": "text", "fontSize": {"expr": size}, "tooltip": None, **more}

    return {
        "height": len(names) * next(height for most, height in _HEIGHTS.items() if len(names) <= most),
        "data": {"values": cells},
        "encoding": {
            "x": {"field": "predicted", "title": "predicted", "axis": {**axis, **below}, **across},
            "y": {"field": "actual", "title": "actual", "axis": axis, **place},
        },
        "layer": [
            {"mark": {"type": "rect", "color": RAMP[0]}},
            {
                "mark": {"type": "rect", "color": RAMP[-1], "stroke": PAPER, "strokeWidth": 2},
                "encoding": {
                    "opacity": {"field": "share", "type": "quantitative", "scale": SHADES, "legend": None},
                    "tooltip": [
                        chart.field("actual", "actual", "nominal"),
                        chart.field("predicted", "predicted", "nominal"),
                        chart.field("count", what, format=",.6~g"),
                        chart.field("share", "share of the actual class", format=".1%"),
                    ],
                },
            },
            {
                "transform": [{"filter": "datum.count > 0"}],
                "mark": text(
                    f"{width} < 18 ? 0 : clamp({width} / 3.2, 9, 13)",
                    fontWeight=600,
                    dy={"expr": f"{width} < 34 ? 0 : -7"},
                ),
                "encoding": {"text": {"field": "count", "format": ",.4~g"}, **ink},
            },
            {
                "transform": [{"filter": "datum.count > 0"}],
                "mark": text(f"{width} < 34 ? 0 : clamp({width} / 4, 9, 11)", dy=8),
                "encoding": {"text": {"field": "share", "format": ".0%"}, **ink},
            },
        ],
    }
