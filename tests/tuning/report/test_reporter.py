from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from steps.tuning.report import plots
from steps.tuning.report.reporter import FIRST_S, MOST_S, Intervals


def test_nothing_is_built_without_news():
    """However late it is, a page that would be the same is not built."""
    intervals = Intervals(next=30.0)
    assert not intervals.due(10_000.0)


def test_the_intervals_grow_from_half_a_minute_to_ten():
    """With news all the time, builds are 30 s apart at first and never more than ten minutes."""
    intervals, built = Intervals(next=FIRST_S), []
    for second in range(20_000):
        intervals.news = True
        if intervals.due(float(second)):
            built.append(second)
    gaps = [later - earlier for earlier, later in pairwise(built)]
    assert built[0] == FIRST_S
    assert gaps == sorted(gaps)
    assert gaps[0] < 60
    assert gaps[-1] == MOST_S


TIMES = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=30)


@given(TIMES)
def test_no_two_trials_overlap_on_a_line(times):
    """Each line of the timeline has one trial at a time, and there are no more lines than trials at a time."""
    trials: Any = [SimpleNamespace(number=n, start=a, end=a + length) for n, (a, length) in enumerate(times)]
    lanes = plots.lanes(trials)
    at_a_time = max((sum(t.start <= moment < t.end for t in trials) for moment in range(80)), default=0)
    assert len(set(lanes)) <= at_a_time
    for one, lane in zip(trials, lanes, strict=True):
        for other, its in zip(trials, lanes, strict=True):
            if one is not other and lane == its:
                assert one.end <= other.start or other.end <= one.start
