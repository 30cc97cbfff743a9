"""What the champion's model goes by: how much of its score is lost without the values of a feature."""

from collections.abc import Sequence

from steps.tracking.evaluation import MOST_FEATURES, FeatureImportance, FeatureImportances
from steps.tuning.report.charts import chart, long_names
from steps.tuning.report.charts.chart import ACCENT, INK, Chart, Spec

TITLE = "Feature importances"
_MOST = 15
_BAR_HEIGHT = 24


def draw(measured: FeatureImportances, metric: str) -> Chart:
    """Draw a bar for each of the most important features, the longest first, with the spread of its repeats."""
    matter = [each for each in measured.features if each.loss > 0]
    if not matter:
        return Chart(TITLE, f"No feature matters: {metric} does not fall when the values of one are shuffled.")
    shown = matter[:_MOST]
    times = "once" if measured.repeats == 1 else f"{measured.repeats} times: mean and standard deviation"
    note = f"By how much {metric} on the held-out rows falls when the values of a feature are shuffled, {times}."
    if len(measured.features) < min(measured.of, MOST_FEATURES):
        note += f" There was time for {len(measured.features)} of {measured.of:,} features."
    elif len(shown) < len(matter):
        note += f" The first {len(shown)} of {measured.of:,} features."
    elif len(shown) < measured.of:
        note += f" It falls for {len(shown)} of {measured.of:,} features."
    first = ", ".join(f"{each.name} ({each.loss:.4g})" for each in shown[:3])
    return Chart(TITLE, note, [_spec(shown, metric, measured.repeats)], f"The most important features are {first}.")


def _spec(shown: Sequence[FeatureImportance], metric: str, repeats: int) -> Spec:
    rows = [
        {
            "feature": each.name,
            "loss": chart.rounded(each.loss),
            "std": chart.rounded(each.std),
            "low": chart.rounded(each.loss - each.std),
            "high": chart.rounded(each.loss + each.std),
        }
        for each in shown
    ]
    names = [each.name for each in shown]
    axis = {"labelExpr": long_names.axis_expr(names), "labelLimit": 190, "labelPadding": 6, "ticks": False}
    axis["domain"] = False
    y = {"field": "feature", "type": "nominal", "sort": names, "title": None, "axis": axis}
    x = {"type": "quantitative", "title": f"loss of {metric}", "axis": {"tickCount": 6}}
    tooltip = [
        chart.field("feature", "feature", "nominal"),
        chart.field("loss", f"loss of {metric}"),
        chart.field("std", "standard deviation"),
    ]
    whisker = {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y}
    ends = [
        {"mark": {"type": "tick", "color": INK, "size": 8}, "encoding": {"x": {**x, "field": end}, "y": y}}
        for end in ("low", "high")
    ]
    spread = [{"mark": {"type": "rule", "color": INK}, "encoding": whisker}, *ends]
    return {
        "height": _BAR_HEIGHT * len(shown),
        "data": {"values": rows},
        "layer": [
            {
                "mark": {"type": "bar", "color": ACCENT, "height": {"band": 0.7}},
                "encoding": {"x": {**x, "field": "loss"}, "y": y, "tooltip": tooltip},
            },
            *(spread if repeats > 1 else []),
        ],
    }
