"""How well a classifier ranks held-out rows, and whether its probabilities come true: curves in squares."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from steps.tracking.evaluation import Calibration, Curves, Line
from steps.tuning.report.charts import chart, long_names
from steps.tuning.report.charts.chart import ACCENT, FAILED, INK, PRUNED, RAMP, SOFT, Chart, Spec

_SIDE, _LEGEND_LINE = 270, 20  # in pixels
# The columns of a legend that fit a phone, by the letters of the longest name.
_COLUMNS = {4: 4, 8: 3, 14: 2}
# Of several lines each has its own dashes, so that they are told apart in grey too.
_DASHES: list[Any] = [[1, 0], [6, 3], [2, 2], [9, 3, 2, 3], [12, 4], [4, 1]]
_COLOURS: list[Any] = [ACCENT, PRUNED, FAILED, SOFT, RAMP[-1], INK]
_GUESSES = "The dashed line is what guessing gives."
_SCALE = {"domain": [0, 1], "nice": False}


def draw(measured: Curves | None, calibration: Calibration | None, *, weighted: bool = False) -> Chart | None:
    """Draw ROC, precision and recall, and calibration beside each other; None if there is none of them."""
    specs, titles, notes = list[Spec](), list[str](), list[str]()
    if measured is not None:
        specs += [_roc(measured), _precision_recall(measured)]
        titles += ["ROC", "precision–recall"]
        notes.append(_of_curves(measured, weighted=weighted))
    if calibration is not None:
        specs.append(_calibration(calibration))
        titles.append("calibration")
        notes.append(_of_calibration(calibration))
    if not specs:
        return None
    title = f"{', '.join(titles[:-1])} and {titles[-1]}" if len(titles) > 1 else titles[0].capitalize()
    return Chart(title, " ".join(notes), specs, " ".join(notes))


def _of_curves(measured: Curves, *, weighted: bool) -> str:
    drawn = measured.classes
    if len(drawn) == measured.of == 1:
        (curve,) = drawn
        (name,), by = long_names.shortened([curve.name]), " by weight" if weighted else ""
        return (
            f"The curves are of the class {name}, {100 * curve.share:.3g} % of the held-out rows{by}: "
            f"ROC AUC {curve.roc_auc:.4g}, average precision {curve.average_precision:.4g}. {_GUESSES}"
        )
    which = "Each class against all others, with its ROC AUC"
    if len(drawn) < measured.of:
        which = f"The {len(drawn)} of {measured.of} classes with the lowest ROC AUC, each against all others"
    areas = zip([curve.roc_auc for curve in drawn], long_names.shortened([curve.name for curve in drawn]), strict=True)
    each = ", ".join(f"{area:.4g} ({name})" for area, name in sorted(areas))
    mean = "" if measured.mean_roc_auc is None else f"; the mean of all {measured.of} is {measured.mean_roc_auc:.4g}"
    return f"{which}: {each}{mean}. {_GUESSES}"


def _of_calibration(calibration: Calibration) -> str:
    bins, name = calibration.bins, calibration.name
    of, that = ("the predicted class", "is predicted right")
    if name is not None:
        of, that = long_names.shortened([name])[0], "is of that class"
    within = sum(each.low <= each.predicted <= each.high for each in bins)
    return (
        f"Calibration: rows in groups of about the same probability of {of}, and the share of each group that {that}, "
        f"with its 95 % interval. The probability is inside it in {within} of {len(bins)} groups."
    )


def _roc(measured: Curves) -> Spec:
    lines = {curve.name: curve.roc for curve in measured.classes}
    if measured.mean_roc is not None and measured.of > len(measured.classes):
        lines[f"mean of all {measured.of}"] = measured.mean_roc
    axes = _axes("false positive rate", "true positive rate")
    return _square("ROC", [_diagonal(axes), _lines(lines, axes)], lines)


def _precision_recall(measured: Curves) -> Spec:
    lines = {curve.name: curve.precision_recall for curve in measured.classes}
    axes, layers = _axes("recall", "precision"), list[Spec]()
    if len(measured.classes) == 1:  # who guesses is right as often as the class occurs
        rule = {"type": "rule", "color": SOFT, "strokeDash": [4, 4], "strokeWidth": 1}
        share = {"values": [{"y": measured.classes[0].share}]}
        layers.append({"data": share, "mark": rule, "encoding": {"y": axes["y"]}})
    return _square("Precision and recall", [*layers, _lines(lines, axes, interpolate="step-before")], lines)


def _calibration(calibration: Calibration) -> Spec:
    bins = [
        {"x": each.predicted, "y": each.observed, "low": each.low, "high": each.high, "rows": each.rows}
        for each in calibration.bins
    ]
    axes = _axes("predicted probability", "share that came true")
    tooltip = [
        chart.field("x", "mean probability", format=".1%"),
        chart.field("y", "came true", format=".1%"),
        chart.field("low", "at least", format=".1%"),
        chart.field("high", "at most", format=".1%"),
        chart.field("rows", "rows"),
    ]
    interval = {"x": axes["x"], "y": {**axes["y"], "field": "low"}, "y2": {"field": "high"}}
    point = {"type": "point", "filled": True, "color": ACCENT, "size": 60, "opacity": 1}
    layers: list[Spec] = [
        _diagonal(axes),
        {"data": {"values": bins}, "mark": {"type": "rule", "color": ACCENT, "strokeWidth": 1.5}, "encoding": interval},
        {"data": {"values": bins}, "mark": point, "encoding": {**axes, "tooltip": tooltip}},
    ]
    return _square("Calibration", layers, {})


def _axes(x: str, y: str) -> dict[str, Any]:
    axis = {"format": ".1~f", "tickCount": 5}
    return {
        name: {"field": name, "type": "quantitative", "title": title, "scale": _SCALE, "axis": axis}
        for name, title in (("x", x), ("y", y))
    }


def _diagonal(axes: Spec) -> Spec:
    mark = {"type": "line", "color": SOFT, "strokeDash": [4, 4], "strokeWidth": 1}
    return {"data": {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]}, "mark": mark, "encoding": axes}


def _square(title: str, layers: Sequence[Spec], lines: dict[str, Line]) -> Spec:
    """Lay layers over each other, with room for a legend of the lines if there are several."""
    legend = _LEGEND_LINE * math.ceil(len(lines) / _columns(lines)) if len(lines) > 1 else 0
    return {"title": title, "height": _SIDE + legend, "layer": layers}


def _columns(lines: Iterable[str]) -> int:
    longest = max(map(len, lines), default=0)
    return next((columns for letters, columns in _COLUMNS.items() if longest <= letters), 1)


def _lines(lines: dict[str, Line], axes: Spec, **how: Any) -> Spec:
    """Draw a line for each class."""
    points = [
        {"class": name, "order": place, "x": x, "y": y}
        for name, line in lines.items()
        for place, (x, y) in enumerate(zip(*line, strict=True))
    ]
    encoding: dict[str, Any] = {**axes, "order": {"field": "order", "type": "quantitative"}}
    mark = {"type": "line", "strokeWidth": 2, **how}
    if len(lines) == 1:
        mark["color"] = ACCENT
    else:
        legend = {"title": None, "orient": "bottom", "columns": _columns(lines), "symbolType": "stroke"}
        legend |= {"labelExpr": long_names.legend_expr(list(lines)), "labelLimit": 220}
        looks = {"color": _COLOURS, "strokeDash": _DASHES}
        for channel, values in looks.items():
            scale = {"domain": list(lines), "range": values[: len(lines)]}
            encoding[channel] = {"field": "class", "type": "nominal", "scale": scale, "legend": legend}
    return {"data": {"values": points}, "mark": mark, "encoding": encoding}
