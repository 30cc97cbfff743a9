import signal
import subprocess
import sys

import pytest

from steps.errors import Interrupted
from steps.project.environment import PROJECT

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
    ("signals", "code", "said"),
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
def test_the_first_signal_is_a_wish_and_the_second_an_order(signals, code, said):
    """A signal is noted for the loop to answer; a second Ctrl-C, or any signal 2 s later, ends the process at once."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *signals], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, said, "")


# Is asked to end while it waits for something, twice if need be.
WAITS = """
import sys, time
from steps.process import signals
signals._PATIENCE_S = 0.1
noted = signals.Interrupts()
noted.install()
signals.signal.raise_signal(15)
try:
    time.sleep(60)
except signals.Interrupted as error:
    print(error)
if sys.argv[1] == "answered":
    noted.answered()
    time.sleep(0.5)
else:
    time.sleep(60)
"""


@pytest.mark.parametrize(("then", "code"), [("answered", 0), ("waits on", 143)])
def test_who_waits_for_something_is_called_away(then, code):
    """After a while the signal interrupts what is waited for; what waits on is ended, unless all was answered."""
    done = subprocess.run(
        [sys.executable, "-c", WAITS, then], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, done.stdout) == (code, "interrupted by SIGTERM\n")
    assert ("did not answer in time" in done.stderr) == (code == 143)


def test_a_hangup_that_was_ignored_at_the_start_stays_so():
    """As `nohup` has it: the step does not end with its terminal."""
    script = (
        "import signal; signal.signal(1, signal.SIG_IGN); from steps.process import signals; print(signals.signals())"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert "SIGHUP" not in done.stdout
    assert "SIGTERM" in done.stdout
