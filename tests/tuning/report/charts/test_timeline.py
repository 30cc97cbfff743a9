import re
from types import SimpleNamespace
from typing import Any

import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from steps.tuning.report.charts import timeline
from tests.tuning.report.charts import studies

TIMES = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=30)


@given(TIMES)
def test_no_two_trials_overlap_on_a_line(times):
    """Each line of the timeline has one trial at a time, and there are no more lines than trials at a time."""
    trials: Any = [SimpleNamespace(number=n, start=a, end=a + length) for n, (a, length) in enumerate(times)]
    lanes = timeline.lanes(trials)
    at_a_time = max((sum(t.start <= moment < t.end for t in trials) for moment in range(80)), default=0)
    assert len(set(lanes)) <= at_a_time
    for one, lane in zip(trials, lanes, strict=True):
        for other, its in zip(trials, lanes, strict=True):
            if one is not other and lane == its:
                assert one.end <= other.start or other.end <= one.start


def test_a_bar_is_a_trial():
    """From its start to its end, in its lane; the states are told apart by how full a bar is."""
    record = studies.study("pruned")
    spec = timeline.draw(record.trials).specs[0]
    rows = spec["data"]["values"]
    assert [row["end"] - row["start"] for row in rows] == pytest.approx([trial.seconds for trial in record.trials])
    assert min(row["start"] for row in rows) == 0
    assert [each["test"] for each in spec["encoding"]["fillOpacity"]["condition"]] == [
        "datum.state === 'pruned'", "datum.state === 'failed'",
    ]  # fmt: skip


def test_the_legend_shows_each_state_as_the_bars_do():
    """Full, half full and empty: a legend that is full throughout would be told apart by colour alone."""
    spec = timeline.draw(studies.study("pruned").trials).specs[0]
    drawn = vl_convert.vegalite_to_svg({"width": 600, **spec})
    symbols, bars = (
        set(re.findall(rf'<path {mark}[^>]*fill="--([a-z]+)" fill-opacity="([0-9.]+)"', drawn))
        for mark in ("transform=", "aria-label=")
    )
    assert bars == {("accent", "0.85"), ("pruned", "0.4"), ("failed", "0")}
    assert symbols == bars


def test_of_many_trials_it_is_how_many_ran():
    """The area is the time that all of them took, and the axis has a unit that fits."""
    record = studies.study("iris", 2000)
    chart = timeline.draw(record.trials)
    rows = chart.specs[0]["data"]["values"]
    span = max(trial.end for trial in record.trials) - min(trial.start for trial in record.trials)
    taken = sum(row["ran"] for row in rows) * span / len(rows) / 1000
    assert taken == pytest.approx(sum(trial.seconds for trial in record.trials), rel=0.01)
    assert chart.specs[0]["encoding"]["x"]["title"].startswith("minutes")
    assert "of the 2,000 trials" in chart.note
