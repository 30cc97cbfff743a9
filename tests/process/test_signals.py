import os
import signal
import subprocess
import sys

import pytest

from steps.errors import Interrupted
from steps.project.environment import PROJECT

pytestmark = pytest.mark.e2e

# Signals itself with the given numbers, moving the clock on by the given seconds between; then says what it noted.
SCRIPT = """
import select, signal, sys
from steps.process import signals
clock = 0.0
signals.time.monotonic = lambda: clock
noted = signals.Interrupts()
noted.install()
noted.check()
assert not select.select([noted.descriptor], [], [], 0)[0]
for number, seconds in [pair.split("@") for pair in sys.argv[1:]]:
    clock = float(seconds)
    signal.raise_signal(int(number))
assert select.select([noted.descriptor], [], [], 0)[0]
try:
    noted.check()
except signals.Interrupted as error:
    print(error, error.exit_code)
"""
INT, TERM = int(signal.SIGINT), int(signal.SIGTERM)


@pytest.mark.parametrize(
    ("signals", "code", "stdout"),
    [
        ([f"{INT}@0"], 0, str(Interrupted(INT)) + " 130\n"),
        ([f"{TERM}@0"], 0, str(Interrupted(TERM)) + " 143\n"),
        ([f"{INT}@0", f"{TERM}@0.3"], 0, str(Interrupted(INT)) + " 130\n"),  # one Ctrl-C on `mlflow run`
        ([f"{TERM}@0", f"{INT}@0.3"], 0, str(Interrupted(TERM)) + " 143\n"),
        ([f"{INT}@0", f"{INT}@0.3"], 130, ""),
        ([f"{INT}@0", f"{TERM}@2.5"], 143, ""),
        ([f"{TERM}@0", f"{TERM}@2.5"], 143, ""),
    ],
)
def test_the_first_signal_is_a_wish_and_the_second_an_order(signals, code, stdout):
    """A signal is noted for the loop to answer; a second Ctrl-C, or any signal 2 s later, ends the process at once."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *signals], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, stdout, "")


# Is asked to end while it waits for something, and then waits on, or has answered and is at its end.
WAITS = """
import signal, sys, time
from steps.process import signals
signals._PATIENCE_S = 0.5
noted = signals.Interrupts()
noted.install()
signal.raise_signal(15)
try:
    time.sleep(120)
except signals.Interrupted as error:
    print(error)
if sys.argv[1] == "answered":
    noted.answered()
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
else:
    time.sleep(120)
"""


@pytest.mark.parametrize(("then", "code"), [("answered", 0), ("waits on", 143)])
def test_who_waits_for_something_is_called_away(then, code):
    """After a while the signal interrupts what is waited for; what waits on is ended, unless all was answered."""
    done = subprocess.run(
        [sys.executable, "-c", WAITS, then], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout) == (code, "interrupted by SIGTERM\n")
    assert ("did not answer in time" in done.stderr) == (code == 143)


# Takes twice as long as there is patience, step by step.
IN_STEPS = """
import signal, time
from steps.process import signals
signals._PATIENCE_S = 2
noted = signals.Interrupts()
noted.headway()
assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
noted.install()
signal.raise_signal(15)
ends = time.monotonic() + 2 * signals._PATIENCE_S
while time.monotonic() < ends:
    time.sleep(0.1)
    noted.headway()
noted.answered()
"""


def test_who_makes_headway_is_not_called_away():
    """A busy machine needs more than a while for all that is to be ended, but not for each of its steps."""
    subprocess.run([sys.executable, "-c", IN_STEPS], cwd=PROJECT, check=True, timeout=120)


# Prints, closes or fills its stdout, then has to end at once: by a second order, or called away from what it waits for.
# The timers' signals are sent by hand, but for the one that ends a flush which nobody reads.
UNWRITTEN = """
import os, signal, sys
from steps.process import signals
signals._PATIENCE_S, signals._LAST_WORDS_S = 1000, 0.2 if sys.argv[1] == "nobody reads" else 60
noted = signals.Interrupts()
noted.install()
signal.raise_signal(signal.SIGINT)
print("printed")
if sys.argv[1] == "closed":
    os.close(1)
elif sys.argv[1] == "nobody reads":
    os.set_blocking(1, False)
    try:
        while os.write(1, bytes(4096)):
            pass
    except BlockingIOError:
        os.set_blocking(1, True)
if sys.argv[2] == "order":
    signal.raise_signal(signal.SIGINT)
for _ in range(2):
    try:
        signal.raise_signal(signal.SIGALRM)
    except signals.Interrupted:
        pass
"""


@pytest.mark.parametrize("why", ["order", "no answer"])
@pytest.mark.parametrize("stdout", ["open", "full disk", "no reader", "nobody reads", "closed"])
def test_what_was_printed_is_written_before_the_end(stdout, why, monkeypatch):
    """Lines in the buffer of a pipe are not lost; a stdout that takes none changes neither the code nor the end."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    ours, theirs = os.pipe()
    if stdout == "full disk":
        os.close(theirs)
        theirs = os.open("/dev/full", os.O_WRONLY)
    if stdout == "no reader":
        os.close(ours)
    command = [sys.executable, "-c", UNWRITTEN, stdout, why]
    done = subprocess.run(
        command, cwd=PROJECT, stdout=theirs, stderr=subprocess.PIPE, text=True, check=False, timeout=120
    )
    os.close(theirs)
    assert (done.returncode, "Traceback" in done.stderr) == (130, False)
    if stdout == "open":
        assert os.read(ours, 100) == b"printed\n"
    assert ("did not answer in time" in done.stderr) == (why == "no answer")
    if stdout != "no reader":
        os.close(ours)


def test_a_hangup_that_was_ignored_at_the_start_stays_so():
    """As `nohup` has it: the step does not end with its terminal."""
    script = (
        "import signal; signal.signal(1, signal.SIG_IGN); from steps.process import signals; print(signals.signals())"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert "SIGHUP" not in done.stdout
    assert "SIGTERM" in done.stdout
