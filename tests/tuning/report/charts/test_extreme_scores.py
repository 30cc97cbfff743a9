"""Charts of scores as great, as small and as close as a float can be."""

import json
import math
import sys
from dataclasses import replace

import pytest
import vl_convert
from hypothesis import example, given, settings
from hypothesis import strategies as st

from steps.tuning.report.charts import chart, drawing, parallel_axis
from tests.tuning.report.charts import studies

# Optuna's, of trials that are all alike.
pytestmark = pytest.mark.filterwarnings("ignore:Target and region")

MOST, LEAST = math.nextafter(sys.float_info.max, 0), 5e-324
EXTREMES = st.sampled_from([MOST, -MOST, LEAST, -LEAST, 0.0, 1.0, math.nextafter(1.0, 2), 1e-300, 1e300, -1e-310, 1e16])
SCORES = st.lists(EXTREMES | st.floats(-MOST, MOST), min_size=1, max_size=9)


def charts_of(kind, scores, count=14):
    """The charts of a study whose trials have some scores, one after the other."""
    record = studies.study(kind, count)
    trials = [
        replace(
            trial,
            values=tuple(scores[(trial.number + place) % len(scores)] for place in range(len(trial.values))),
            steps={step: scores[(trial.number + step) % len(scores)] for step in trial.steps},
        )
        for trial in record.trials
    ]
    baselines = [replace(each, outcome=replace(each.outcome, values=(scores[0],) * 2)) for each in record.baselines]
    return drawing.draw(replace(record, trials=trials, baselines=baselines))


@pytest.mark.parametrize("kind", ["iris", "minimized", "front", "pruned"])
@settings(max_examples=10)
@given(SCORES)
@example([0.0, LEAST])
@example([MOST, -MOST])
@example([*[MOST, MOST / 2] * 4, -MOST])
@example([1.0, math.nextafter(1.0, 2)])
@example([MOST])
def test_every_chart_bears_any_finite_score(kind, scores):
    """What it draws is data for a page, which has no word for what is not finite."""
    for each in charts_of(kind, scores):
        json.dumps(each.specs, allow_nan=False)


@pytest.mark.parametrize("scores", [[0.0, LEAST], [MOST, -MOST], [1.0, math.nextafter(1.0, 2)], [MOST]])
@pytest.mark.parametrize("kind", ["iris", "front"])
def test_vega_draws_such_scores(kind, scores):
    """Without an error, however little there is to be seen."""
    for each in charts_of(kind, scores):
        for spec in each.specs:
            assert "<svg" in vl_convert.vegalite_to_svg({"width": 600, **spec})


@given(st.floats(-MOST, MOST), st.floats(-MOST, MOST), st.booleans())
@example(-MOST, MOST, False)
@example(0.0, LEAST, False)
@example(LEAST, MOST, True)
@example(LEAST, 2 * LEAST, True)
@example(1.0, math.nextafter(1.0, 2), False)
def test_an_axis_has_a_place_for_each_number(one, other, log):
    """From one end to the other; its ticks are within it, few, and told apart."""
    low, high = sorted((abs(one) or LEAST, abs(other) or LEAST) if log else (one, other))
    axis = parallel_axis.of_numbers("x", low, high, log=log)
    assert axis.place(low) <= axis.place(low / 2 + high / 2) <= axis.place(high)
    assert (axis.place(low), axis.place(high)) in [(0, 1), (0.5, 0.5)]
    assert 1 <= len(axis.ticks) <= 11
    texts = [text for _, text in axis.ticks]
    assert len(set(texts)) == len(texts)
    assert all(0 <= place <= 1 for place, _ in axis.ticks)


@given(SCORES, st.sampled_from([1, -1]))
def test_a_scale_ends_at_floats(scores, sign):
    """And has the best score in it; as many are beyond it as it says."""
    scale, beyond = chart.score_scale(scores, sign)
    assert all(math.isfinite(end) for end in scale.get("domain", ()))
    assert not chart.is_beyond(max(scores) if sign > 0 else min(scores), scale)
    assert sum(chart.is_beyond(score, scale) for score in scores) == beyond
