import os
import pty
import select
import sys
import termios
import threading
from contextlib import contextmanager

from steps.tuning.report.progress import Progress


@contextmanager
def terminal(monkeypatch, kind="xterm"):
    """Makes stderr a terminal of a kind; gives what reads all that was written to it."""
    reader, writer = pty.openpty()
    termios.tcsetwinsize(writer, (24, 100))
    with monkeypatch.context() as patch, os.fdopen(writer, "w") as stream:
        patch.setenv("TERM", kind)
        patch.setattr(sys, "stderr", stream)

        def written():
            stream.flush()
            output = b""
            while select.select([reader], [], [], 0.2)[0]:
                output += os.read(reader, 100_000)
            return output.decode()

        yield written
    os.close(reader)


def test_the_bar_counts_trials_and_shows_the_best(monkeypatch):
    """On a terminal stands how many trials are done, the best objective so far, the failed ones."""
    with terminal(monkeypatch) as written:
        progress = Progress(3, "cv_accuracy")
        progress.advance(None, failed=True)
        progress.advance(0.75)
        progress.advance(0.9583333333)
        progress.close()
        last = written().replace("\r", "\n").strip().splitlines()[-1]
    assert last.startswith("tune: 100%")
    assert "3/3" in last
    assert "best cv_accuracy 0.958333, 1 failed" in last


def test_the_bar_has_no_colours(monkeypatch):
    """NO_COLOR is honoured: there is none to begin with."""
    with terminal(monkeypatch) as written:
        progress = Progress(1, "cv_r2")
        progress.advance(0.5)
        progress.close()
        assert "\x1b[3" not in written()


def test_a_dumb_terminal_gets_plain_lines(monkeypatch):
    """TERM=dumb: no bar, nothing that moves the cursor."""
    with terminal(monkeypatch, "dumb") as written:
        progress = Progress(1, "cv_r2")
        progress.advance(0.5)
        progress.close()
        assert written().splitlines() == ["tune: 1/1 trials in 0 s, best cv_r2 0.5"]


def test_no_best_is_shown_before_there_is_one(capsys):
    """Trials that all failed count, and no score is invented for them."""
    progress = Progress(2, "cv_r2")
    progress.advance(None, failed=True)
    progress.close()
    assert capsys.readouterr() == ("", "tune: 1/2 trials in 0 s, 1 failed\n")


def test_a_log_file_gets_a_line_every_half_minute(capsys, monkeypatch):
    """Where stderr is no terminal, trials of a second each write a line for thirty of them, without a bar's signs."""
    now = [0.0]
    monkeypatch.setattr("steps.tuning.report.progress.time.monotonic", lambda: now[0])
    progress = Progress(100, "cv_r2")
    for _ in range(100):
        now[0] += 1
        progress.advance(0.5)
    progress.close()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "tune: 30/100 trials in 30 s, best cv_r2 0.5, about 70 s left"
    assert [line.split()[1] for line in lines] == ["30/100", "60/100", "90/100", "100/100"]


def test_a_study_of_limited_time_says_what_is_left_of_that(capsys, monkeypatch):
    """Where the study's time ends sooner than its trials would, that is what is left; a bar says at most how long."""
    now = [0.0]
    monkeypatch.setattr("steps.tuning.report.progress.time.monotonic", lambda: now[0])
    progress = Progress(100, "cv_r2")
    now[0] = 40.0
    progress.advance(0.5, most_left_s=12.4)
    assert capsys.readouterr().err == "tune: 1/100 trials in 40 s, best cv_r2 0.5, about 12 s left\n"
    with terminal(monkeypatch) as written:
        progress = Progress(100, "cv_r2")
        progress.advance(0.5, most_left_s=12.4)
        progress.close()
        assert "best cv_r2 0.5, at most 12 s" in written()


def test_the_bar_needs_no_thread(monkeypatch):
    """The tuner has one thread: the bar adds none."""
    before = threading.active_count()
    with terminal(monkeypatch) as written:
        progress = Progress(2, "cv_r2")
        progress.advance(0.5)
        assert threading.active_count() == before
        progress.close()
        written()


def test_the_last_line_is_not_said_twice(capsys, monkeypatch):
    """At the end there is one only if it says more than the one before, and no time is left."""
    now = [1000.0]
    monkeypatch.setattr("steps.tuning.report.progress.time.monotonic", lambda: now[0])
    progress = Progress(2, "loss")
    for _ in range(2):
        now[0] += 40
        progress.advance(0.5)
    progress.close()
    assert capsys.readouterr().err.splitlines() == [
        "tune: 1/2 trials in 40 s, best loss 0.5, about 40 s left",
        "tune: 2/2 trials in 80 s, best loss 0.5",
    ]
