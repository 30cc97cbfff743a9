import math
from itertools import pairwise
from multiprocessing import Pipe
from types import SimpleNamespace
from typing import Any

import pytest

from steps.process import orphans
from steps.tuning import phase
from steps.tuning.report import build, reporter
from steps.tuning.report.reporter import FIRST_S, MOST_S, Intervals, Reporter


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


class Builder:
    """Stands in for launcher, process and clock: says, at each wait, what a test has for that moment."""

    def __init__(self, monkeypatch, said):
        self.now, self.said, self.orders, self.ended = 1000.0, list(said), [], False
        self.ours, self.theirs = Pipe()
        monkeypatch.setattr(reporter, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(phase, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(reporter, "wait", self.wait)
        monkeypatch.setattr(orphans, "deserted", lambda: False)

    def fork(self, *_arguments):
        return self, self.ours

    def poll(self):
        return self.ended

    def end(self):
        self.ended = True

    def wait(self, _channels, seconds):
        while self.theirs.poll(0):
            self.orders.append(self.theirs.recv())
        after, message = self.said[0] if self.said else (math.inf, None)
        self.now += min(seconds, after)
        if after <= seconds:
            self.said.pop(0)
            self.theirs.send(message)
        elif self.said:
            self.said[0] = (after - seconds, message)


def finished(monkeypatch, said, noted=False):
    builder = Builder(monkeypatch, said)
    plan: Any = SimpleNamespace()
    made = Reporter(plan, "mine", "run", True, builder)  # type: ignore[arg-type]
    interrupts: Any = SimpleNamespace(noted=noted, descriptor=0)
    made.finish(interrupts, final=True)
    assert builder.ended
    return made, builder


@pytest.mark.parametrize("each_s", [2.0, 250.0])
def test_the_last_report_may_take_as_long_as_it_gets_further(monkeypatch, capsys, each_s):
    """On a machine that is loaded many times over each step takes minutes; the report comes all the same."""
    steps = [(each_s, (build.STEP, f"step {number}")) for number in range(20)]
    made, builder = finished(monkeypatch, [*steps, (1.0, (build.BUILT, build.FINAL, "", 7.0))])
    assert (builder.orders, made.took, builder.now) == ([build.FINAL], 7.0, 1001.0 + 20 * each_s)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "tune: report: what draws it is imported"
    assert lines[-1] == f"tune: report: took {1 + 20 * each_s:.0f} s"
    assert any(line.startswith("tune: report: step ") and line.endswith(" s so far") for line in lines)


def test_a_report_that_stands_still_is_given_up(monkeypatch, capsys):
    """After five minutes without a step nobody waits for it."""
    _, builder = finished(monkeypatch, [(10.0, (build.STEP, "the timeline is drawn"))])
    assert 1310 <= builder.now < 1330
    assert "tune: report: not done in time, so it is left as it was" in capsys.readouterr().err


def test_a_person_who_waits_waits_for_seconds(monkeypatch, capsys):
    """After Ctrl-C the report has 3.5 s, and no study.db."""
    steps = [(1.0, (build.STEP, "a step"))] * 20
    _, builder = finished(monkeypatch, steps, noted=True)
    assert builder.orders == [build.HURRIED]
    assert builder.now < 1005
    assert "not done in time" in capsys.readouterr().err


def test_an_answer_to_an_earlier_order_is_not_taken_for_the_last(monkeypatch):
    """A build beside the trials that ends as the last one is asked for leaves a message behind."""
    made, _ = finished(
        monkeypatch,
        [(0.0, (build.BUILT, build.NOW, "", 3.0)), (5.0, (build.BUILT, build.FINAL, "", 4.0))],
    )
    assert made.took == 4.0
