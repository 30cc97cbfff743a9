"""The score over the two most important hyperparameters that are numbers, between trials by linear interpolation."""

from typing import Any

import numpy as np
from optuna.distributions import FloatDistribution, IntDistribution
from scipy.interpolate import griddata
from scipy.spatial import QhullError

from steps.tuning.report.charts import chart, slices
from steps.tuning.report.charts.branch import Branch
from steps.tuning.report.charts.chart import INK, PAPER, RAMP, Chart, Spec
from steps.tuning.search.objective import Objective

TITLE = "Score over two hyperparameters"
# Cells a side; the trials that are interpolated between, and those that are drawn.
_CELLS, _MOST, _MOST_POINTS = 24, 1000, 200
# Fewer points span no area that says something.
_LEAST = 5


def draw(branch: Branch, objective: Objective) -> Chart | None:
    """Draw a map of the score, with the trials on it; None unless two hyperparameters are numbers and vary."""
    names = [
        name for name in branch.ranked if isinstance(branch.distributions[name], IntDistribution | FloatDistribution)
    ]
    if len(names) < 2:
        return None
    one, other = names[:2]
    places = [i for i in range(len(branch.trials)) if one in branch.points[i] and other in branch.points[i]]
    places = list(chart.every(places, _MOST))
    if len(places) < _LEAST:
        return Chart(TITLE, f"Needs {_LEAST} finished trials; there are {len(places)}.")
    searched = [branch.distributions[name] for name in (one, other)]
    positions = np.array(
        [[_position(branch.points[i][n], d) for n, d in zip((one, other), searched, strict=True)] for i in places]
    )
    values = [branch.trials[i].values[0] for i in places]
    scale, beyond = chart.score_scale(values, objective.sign)
    low, high = scale.get("domain", (-np.inf, np.inf))
    scores = np.clip(values, low, high)
    middles = (np.arange(_CELLS) + 0.5) / _CELLS
    try:
        grid = griddata(positions, scores, tuple(np.meshgrid(middles, middles, indexing="ij")), method="linear")
    except QhullError:  # all on one line
        return Chart(TITLE, "Not shown: the trials lie on one line.")
    ends = [[_value(i / _CELLS, d) for i in range(_CELLS + 1)] for d in searched]
    cells = [
        {
            "x": ends[0][i],
            "x2": ends[0][i + 1],
            "y": ends[1][j],
            "y2": ends[1][j + 1],
            "score": chart.rounded(grid[i, j], 5),
        }
        for i in range(_CELLS)
        for j in range(_CELLS)
        if np.isfinite(grid[i, j])
    ]
    points = [
        {
            "trial": branch.trials[i].number,
            "x": chart.plain(branch.points[i][one]),
            "y": chart.plain(branch.points[i][other]),
            "score": chart.rounded(branch.trials[i].values[0]),
        }
        for i in chart.every(places, _MOST_POINTS)
    ]
    labels = [branch.label(one), branch.label(other)]
    better = "The better, the stronger the colour"
    note = f"{better}; between the trials{branch.whose}, which are the points, the score is interpolated."
    best = branch.points[0]
    where = f"{labels[0]} {chart.short(best.get(one, 'none'))} and {labels[1]} {chart.short(best.get(other, 'none'))}"
    spec = _spec(
        cells, points, [slices.axis_of(*each) for each in zip(labels, "xy", searched, strict=True)], objective, labels
    )
    return Chart(TITLE, note + chart.at_the_edge(beyond), [spec], f"The best score is at {where}.")


def _position(value: float, searched: Any) -> float:
    """Return where a value is in what is searched, from 0 to 1."""
    scale = np.log if searched.log else float
    return float((scale(value) - scale(searched.low)) / (scale(searched.high) - scale(searched.low)))


def _value(position: float, searched: Any) -> float:
    """Return the value at such a place."""
    low, high = searched.low, searched.high
    return chart.rounded(low * (high / low) ** position if searched.log else low + (high - low) * position)


def _spec(
    cells: list[Any], points: list[Any], axes: list[dict[str, Any]], objective: Objective, labels: list[str]
) -> Spec:
    x, y = axes
    for axis in axes:
        axis["scale"]["padding"] = 0
    ramp = {"range": list(RAMP), "reverse": objective.sign < 0, "zero": False, "nice": False}
    colour: dict[str, Any] = {"field": "score", "type": "quantitative", "title": objective.name, "scale": ramp}
    colour["legend"] = {"orient": "top", "gradientLength": 160, "format": ".4~g", "tickCount": 4}
    tooltip = [chart.field("trial", "trial"), chart.field("x", labels[0]), chart.field("y", labels[1])]
    tooltip.append(chart.field("score", objective.name))
    point = {"type": "point", "filled": True, "color": INK, "stroke": PAPER, "strokeWidth": 1.5, "size": 50}
    corners = {"x": x, "x2": {"field": "x2"}, "y": y, "y2": {"field": "y2"}}
    return {
        "height": 340,
        "layer": [
            {
                "data": {"values": cells},
                "mark": {"type": "rect", "aria": False, "x2Offset": 1, "y2Offset": -1},  # no seams
                "encoding": {**corners, "color": colour},
            },
            {
                "data": {"values": points},
                "mark": {**point, "opacity": 1},
                "encoding": {"x": x, "y": y, "tooltip": tooltip},
            },
        ],
    }
