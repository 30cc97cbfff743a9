"""The charts of studies of every kind: specs that Vega-Lite takes, of a size that a page bears."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
import vl_convert
from optuna.trial import TrialState

from steps.tuning.report.charts import drawing, timeline
from steps.tuning.report.charts.chart import NO_TRIAL, NONE_FEASIBLE, Chart
from steps.tuning.report.study_record import StudyRecord
from tests.tuning.report.charts import studies


def charts_of(record: StudyRecord) -> dict[str, Chart]:
    """The charts of a study by their titles, each spec compiled."""
    charts = {chart.title: chart for chart in drawing.draw(record)}
    for chart in charts.values():
        for spec in chart.specs:
            compiled: dict[str, Any] = {"width": 600, **spec}
            assert "<svg" in vl_convert.vegalite_to_svg(compiled)
            json.dumps(spec, allow_nan=False)
        assert bool(chart.alternative) == bool(chart.specs)
    return charts


@pytest.mark.parametrize("kind", studies.KINDS)
@pytest.mark.parametrize("count", [1, 3, 40])
def test_what_is_drawn_of_a_study_compiles(kind, count):
    """Each spec is one that Vega-Lite draws, and each chart has words for who does not see it."""
    charts = charts_of(studies.study(kind, count))
    first = next(iter(charts.values()))
    assert first.specs or first.note == NONE_FEASIBLE


@pytest.mark.parametrize("kind", studies.KINDS)
def test_without_a_finished_trial_one_chart_says_why_it_is_empty(kind):
    """Of a study without a trial, and of one in which all have failed; beside it there is the timeline alone."""
    record = studies.study(kind, 12)
    failed = [replace(trial, state=TrialState.FAIL, values=(), steps={}, excess=()) for trial in record.trials]
    for trials in ([], failed):
        charts = charts_of(replace(record, trials=trials))
        first = next(iter(charts.values()))
        assert (first.specs, first.note) == ((), NO_TRIAL)
        assert list(charts)[1:] == [timeline.TITLE]


@pytest.mark.parametrize("kind", ["automl", "front", "pruned"])
def test_many_trials_make_small_specs(kind):
    """The specs of 2,000 trials take less than half a megabyte, and a chart that leaves trials out says so."""
    charts = charts_of(studies.study(kind, 2000))
    assert sum(len(json.dumps(spec)) for chart in charts.values() for spec in chart.specs) < 500_000
    assert re.search(r"of [12],[0-9]{3} trials are drawn", next(iter(charts.values())).note)
