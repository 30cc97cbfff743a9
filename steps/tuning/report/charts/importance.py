"""How much each hyperparameter matters for a good score; of several estimators, within the best one."""

from steps.tuning.report.charts import chart
from steps.tuning.report.charts.branch import LEAST, Branch
from steps.tuning.report.charts.chart import ACCENT, INK, Chart

TITLE = "Importance of the hyperparameters"
_MOST = 30
_BAR_HEIGHT = 26


def draw(branch: Branch) -> Chart:
    """Draw a bar for each hyperparameter."""
    if len(branch.trials) < LEAST:
        of = f" of {branch.estimator}" if branch.estimator else ""
        return Chart(TITLE, f"Shown from {LEAST} finished trials{of} on; there are {len(branch.trials)}.")
    if not branch.weights:
        return Chart(TITLE, "Not shown: Optuna can't tell it of these trials.")
    weights = {branch.label(name): weight for name, weight in branch.weights.items()}
    note = "What sets the best tenth of the trials apart, by PED-ANOVA (Watanabe et al., 2023)."
    if branch.estimator:
        note += f" Within {branch.estimator}, the best estimator."
    if len(weights) > _MOST:
        note += f" The first {_MOST} of {len(weights)}."
    shown = list(weights.items())[:_MOST]
    rows = [{"name": name, "weight": chart.rounded(weight)} for name, weight in shown]
    y = {
        "field": "name",
        "type": "nominal",
        "title": None,
        "sort": None,
        "axis": {"labelColor": INK, "labelLimit": 150, "labelPadding": 6, "domain": False, "ticks": False},
    }
    x = chart.field("weight", "share of the importance", scale={"domain": [0, 1]}, axis=None)
    tooltip = [chart.field("name", "hyperparameter", "nominal"), chart.field("weight", "share", format=".1%")]
    text = {"type": "text", "align": "left", "dx": 5, "color": INK}
    spec = {
        "height": _BAR_HEIGHT * len(rows),
        "data": {"values": rows},
        "encoding": {"y": y, "x": x, "tooltip": tooltip},
        "layer": [
            {"mark": {"type": "bar", "color": ACCENT, "height": {"band": 0.7}}},
            {"mark": text, "encoding": {"text": {"field": "weight", "type": "quantitative", "format": ".0%"}}},
        ],
    }
    words = ", ".join(f"{name} {weight:.0%}" for name, weight in shown[:6])
    return Chart(TITLE, note, [spec], f"The most important first: {words}.")
