"""The scores of each estimator of a space that has several: the first choice, before any hyperparameter of theirs."""

from steps.tuning.report.charts import chart
from steps.tuning.report.charts.chart import ACCENT, INK, Chart
from steps.tuning.report.study_record import StudyRecord
from steps.tuning.report.wording import counted
from steps.tuning.space.estimator_names import told_apart
from steps.tuning.space.search_space import ESTIMATOR

TITLE = "Choice of the estimator"
_MOST = 1000


def draw(record: StudyRecord) -> Chart:
    """Draw a row of points for each estimator, the one with the best score on top."""
    objective = record.plan.objectives[0]
    names = told_apart(record.plan.estimators.values())
    counts: dict[str, int] = {}
    best: dict[str, float] = {}
    for trial in record.ranked:
        name = names[trial.recorded[ESTIMATOR]]
        counts[name] = counts.get(name, 0) + 1
        best.setdefault(name, chart.rounded(trial.values[0]))
    unscored = [name for name in names.values() if name not in best]
    shown = chart.every(record.ranked, _MOST)
    rows = [
        {
            "trial": trial.number,
            "name": names[trial.recorded[ESTIMATOR]],
            "score": chart.rounded(trial.values[0]),
        }
        for trial in shown
    ]
    scale, beyond = chart.score_scale([trial.values[0] for trial in shown], objective.sign)
    note = "Each point is a finished trial; the bar is the estimator's best."
    if unscored:
        note += f" Without a finished trial: {', '.join(unscored)}."
    if len(shown) < len(record.ranked):
        note += f" {len(shown):,} of {len(record.ranked):,} trials are drawn, by rank, from the best on."
    labels = {name: f"{name} ({counted(counts[name], 'trial')})" for name in best}
    rows = [{**row, "name": labels[str(row["name"])]} for row in rows]
    tops = [{"name": labels[name], "score": score} for name, score in best.items()]
    order = list(labels.values())
    axis = {"labelColor": INK, "labelLimit": 250, "ticks": False, "grid": False, "domain": False, "zindex": 1}
    axis |= {"labelAlign": "left", "labelBaseline": "bottom", "labelOffset": -8, "labelPadding": -4}
    y = {"field": "name", "type": "nominal", "title": None, "sort": order, "axis": axis}
    x = {"field": "score", "type": "quantitative", "title": objective.name, "scale": {**scale, "padding": 10}}
    x["axis"] = {"tickCount": 6}
    tooltip = [chart.field("trial", "trial"), chart.field("name", "estimator", "nominal")]
    tooltip.append(chart.field("score", objective.name))
    point = {"type": "point", "filled": True, "color": ACCENT, "opacity": 0.5, "size": 45, "yOffset": 8}
    tick = {"type": "tick", "color": INK, "thickness": 3, "size": 20, "opacity": 1, "yOffset": 8}
    spec = {
        "height": 46 * len(order),
        "data": {"values": rows},
        "encoding": {"x": x, "y": y},
        "layer": [
            {"mark": point, "encoding": {"tooltip": tooltip}},
            {"data": {"values": tops}, "mark": tick},
        ],
    }
    words = ", ".join(f"{name} {score:.6g}" for name, score in best.items())
    return Chart(TITLE, note + chart.at_the_edge(beyond), [spec], f"The best {objective.name} of each: {words}.")
