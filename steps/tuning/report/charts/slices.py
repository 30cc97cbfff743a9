"""The score against each of the most important hyperparameters, one beside the other."""

from collections.abc import Sequence
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from steps.tuning.report.charts import chart
from steps.tuning.report.charts.branch import Branch
from steps.tuning.report.charts.chart import ACCENT, INK, Chart, Spec
from steps.tuning.search.objective import Objective

TITLE = "Score by hyperparameter"
_MOST, _MOST_SLICES = 400, 4


def draw(branch: Branch, objective: Objective) -> Chart:
    """Draw the score against up to four hyperparameters, the most important first."""
    names = branch.ranked[:_MOST_SLICES]
    if not names:
        return Chart(TITLE, "No hyperparameter varies.")
    places = list(chart.every(range(len(branch.trials)), _MOST))
    scale, beyond = chart.score_scale([branch.trials[place].values[0] for place in places], objective.sign)
    note = f"Each point is a finished trial{branch.whose}; the best one has a ring."
    if len(names) < len(branch.ranked):
        which = "most important" if branch.weights else "first"
        note += f" The {len(names)} {which} of {len(branch.ranked)} hyperparameters."
    if len(places) < len(branch.trials):
        note += f" {len(places)} of {len(branch.trials):,} trials are drawn, by rank, from the best on."
    specs = [_spec(branch, objective, name, places, scale) for name in names]
    best = ", ".join(f"{branch.label(name)} {chart.short(branch.points[0].get(name, 'none'))}" for name in names)
    return Chart(TITLE, note + chart.at_the_edge(beyond), specs, f"The best score is at {best}.")


def axis_of(name: str, key: str, searched: BaseDistribution) -> dict[str, Any]:
    """Return the channel of an axis for what is searched: its whole range, logarithmic if the search is."""
    if isinstance(searched, CategoricalDistribution):
        choices = [str(choice) for choice in searched.choices]
        axis = {"labelAngle": 0, "labelLimit": 90, "grid": False}
        return {"field": key, "type": "nominal", "title": name, "scale": {"domain": choices}, "axis": axis}
    assert isinstance(searched, IntDistribution | FloatDistribution)
    ends = {"domain": [searched.low, searched.high], "nice": False, "padding": 8}
    kind = {"type": "log"} if searched.log else {"zero": False}
    axis = {"tickCount": 5, "grid": False}
    if isinstance(searched, IntDistribution):
        axis["tickMinStep"] = 1
    return {"field": key, "type": "quantitative", "title": name, "scale": {**ends, **kind}, "axis": axis}


def _spec(branch: Branch, objective: Objective, name: str, places: Sequence[int], scale: dict[str, Any]) -> Spec:
    label, searched = branch.label(name), branch.distributions[name]
    rows = [
        {
            "trial": branch.trials[place].number,
            "x": chart.plain(branch.points[place][name]),
            "score": chart.rounded(branch.trials[place].values[0]),
        }
        for place in places
        if name in branch.points[place]
    ]
    x = axis_of(label, "x", searched)
    y = {"field": "score", "type": "quantitative", "title": objective.name, "scale": {**scale, "padding": 10}}
    y["axis"] = {"tickCount": 5}
    kind = x["type"]
    tooltip = [chart.field("trial", "trial"), chart.field("x", label, kind), chart.field("score", objective.name)]
    spread = {}
    if isinstance(searched, CategoricalDistribution):  # points of a choice lie side by side
        spread = {"xOffset": {"field": "aside", "type": "quantitative", "scale": {"domain": [0, 1]}}}
        rows = [{**row, "aside": round((row["trial"] * 0.618034) % 1 * 0.6 + 0.2, 3)} for row in rows]
    encoding = {"x": x, "y": y, **spread}
    point = {"type": "point", "filled": True, "color": ACCENT, "size": 40, "opacity": 0.65}
    ring = {"type": "point", "filled": False, "color": INK, "size": 120, "strokeWidth": 2}
    best = {"values": [row for row in rows if row["trial"] == branch.trials[0].number]}
    return {
        "height": 220,
        "data": {"values": rows},
        "layer": [
            {"mark": point, "encoding": {**encoding, "tooltip": tooltip}},
            {"data": best, "mark": ring, "encoding": encoding},
        ],
    }
