"""What a regressor does on held-out rows: predicted against actual values, and what is left between them."""

from typing import Any

from steps.tracking.evaluation import Predicted
from steps.tuning.report.charts import chart
from steps.tuning.report.charts.chart import ACCENT, INK, Chart, Spec
from steps.tuning.report.wording import counted

TITLE = "Predicted and actual values"
_SIDE = 320  # in pixels
_NUMBER = ",.12~g"  # 1e9 and 1e-9 in full


def draw(shown: Predicted) -> Chart:
    """Draw a point for each row, twice: on the line the prediction is right."""
    points = [
        {"actual": actual, "predicted": value, "residual": left}
        for actual, value, left in zip(shown.actual, shown.predicted, shown.residuals, strict=True)
    ]
    if not points:
        return Chart(TITLE, "No held-out row has a weight.")
    for point, weight in zip(points, shown.weights or (), strict=False):
        point["weight"] = weight
    ends, reach, beyond = _limits(shown)
    residuals = sorted(map(abs, shown.residuals))
    half = residuals[len(residuals) // 2]
    within = f"{float(f'{half:.4g}'):,.12g}"
    note = (
        f"Each point is a held-out row: on the line its prediction is right. Half of them are off by {within} or less."
    )
    if len(points) < shown.of:
        note += f" {len(points)} of {shown.of:,} rows are drawn, picked at random."
    if shown.weights is not None:
        note += " The larger the point, the greater its weight."
    if beyond:
        note += f" {counted(beyond, 'prediction')} far off {'is' if beyond == 1 else 'are'} drawn at the edge."
    line = {"type": "line", "color": INK, "strokeWidth": 1.5, "clip": True}
    identity = {"data": {"values": [{"x": each, "y": each} for each in ends]}, "mark": line}
    zero = {"data": {"values": [{"x": each, "y": 0} for each in ends]}, "mark": line}
    both = {"domain": ends, "nice": False, "zero": False, "clamp": True}
    upright = {**both, "domain": [-reach, reach]}
    actual, value = _axis("actual", "actual", both), _axis("predicted", "predicted", both)
    left = _axis("residual", "actual less predicted", upright)
    specs = [
        _spec("Predicted against actual", points, identity, {"x": actual, "y": value}),
        _spec("Residuals", points, zero, {"x": value, "y": left}),
    ]
    return Chart(TITLE, note, specs, note)


def _limits(shown: Predicted) -> tuple[list[float], float, int]:
    """Return the ends of the axis of both values, how far residuals reach, and how many rows are beyond.

    A prediction that is off by more than all that the actual values span would press all others into a line.
    """
    low, high = min(shown.actual), max(shown.actual)
    span = high - low or 1.01 * max(map(abs, shown.residuals)) or abs(high) or 1.0
    inside = [value for value in shown.predicted if low - span <= value <= high + span]
    ends = [min([low, *inside]), max([high, *inside])]
    room = 0.03 * (ends[1] - ends[0]) or 0.5 * span
    near = [abs(left) for left in shown.residuals if abs(left) <= 2 * span]
    reach = 1.05 * max(near, default=span) or 0.5 * span
    return [ends[0] - room, ends[1] + room], reach, len(shown.predicted) - len(inside)


def _axis(name: str, title: str, scale: Spec) -> Spec:
    axis = {"format": _NUMBER, "tickCount": 5, "labelOverlap": "greedy", "labelBound": True}
    return {"field": name, "type": "quantitative", "title": title, "scale": scale, "axis": axis}


def _spec(title: str, points: list[dict[str, float]], line: Spec, axes: dict[str, Spec]) -> Spec:
    tooltip = [chart.field(name, name, format=_NUMBER) for name in points[0]]
    encoding: dict[str, Any] = {**axes, "tooltip": tooltip}
    if "weight" in points[0]:
        encoding["size"] = {"field": "weight", "type": "quantitative", "scale": {"range": [4, 160]}, "legend": None}
    mark = {"type": "point", "filled": True, "color": ACCENT, "opacity": 0.6, "size": 40 if len(points) < 200 else 20}
    along = {name: {**axis, "field": name} for name, axis in axes.items()}
    return {
        "title": title,
        "height": _SIDE,
        "layer": [{**line, "encoding": along}, {"data": {"values": points}, "mark": mark, "encoding": encoding}],
    }
