"""The champion's model on its held-out rows: pictures of what its run has on record."""

from steps.names import Artifact
from steps.tuning.report.charts import model_confusion, model_curves, model_features, model_quantity
from steps.tuning.report.charts.chart import Chart
from steps.tuning.report.study_record import StudyRecord


def draw(record: StudyRecord) -> list[Chart]:
    """Draw all that there is; of a champion whose run says nothing, as that of a script may, there is nothing."""
    if record.model.problem:
        note = f"The artifact of the champion's run can't be drawn: {record.model.problem}."
        return [Chart(Artifact.EVALUATION, note)]
    shown = record.model.evaluation
    if shown is None:
        return []
    drawn = [
        model_confusion.draw(shown.confusion, weighted=shown.weighted) if shown.confusion else None,
        model_curves.draw(shown.curves, shown.calibration, weighted=shown.weighted),
        model_quantity.draw(shown.predicted) if shown.predicted else None,
        model_features.draw(shown.importances, shown.metric) if shown.importances else None,
    ]
    return [chart for chart in drawn if chart is not None]
