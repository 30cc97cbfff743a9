"""A training with many habits: reads its input, prints 20 MB, sets an alarm, moves elsewhere, writes to a file."""

import os
import signal
import sys
import tempfile
from pathlib import Path

import mlflow

alarms: list[int] = []
with mlflow.start_run() as run:
    mlflow.log_metric("lines_read", len(sys.stdin.readlines()))
    for number in range(20_000):
        print(f"{number:05} {'-' * 1000}")
    signal.signal(signal.SIGALRM, lambda *_: alarms.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    signal.pause()
    mlflow.log_metric("alarms", len(alarms))
    said = Path(tempfile.gettempdir()) / f"said-{run.info.run_id}.txt"
    sys.stdout = said.open("w")  # the interpreter flushes it
    os.chdir(tempfile.mkdtemp())
    print("said to the file")
    mlflow.log_metric("loss", 0.75)
