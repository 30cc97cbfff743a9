"""The tracking database of this machine, served on loopback: for children with another MLflow than the tuner's.

Two releases of MLflow can't share a database, whose schema each has for itself. They can share a server.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import mlflow
from mlflow.store.tracking import DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH  # where MLflow keeps artifacts by default

from steps.errors import StepError
from steps.process.signals import Interrupts

HOST = "127.0.0.1"
_STARTS_S = 180.0
_POLL_S = 0.1


def is_needed(version: str | None) -> bool:
    """Tell whether children can't use the tracking database themselves; `version` is that of their MLflow, if whole."""
    is_database = not mlflow.get_tracking_uri().startswith(("http:", "https:", "databricks", "uc:"))
    return is_database and version != mlflow.__version__


@contextmanager
def served(log: Path, interrupts: Interrupts) -> Iterator[str]:
    """Serve the tracking database; yield the server's address. Raises StepError if it does not start.

    It carries this process's environment, and so is ended by the launcher if this process can't end it.
    """
    port = _free_port()
    address = f"http://{HOST}:{port}"
    root = str(Path(DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH).absolute())
    words = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", mlflow.get_tracking_uri()]
    words += ["--host", HOST, "--port", str(port), "--workers", "1", "--no-serve-artifacts"]
    words += ["--default-artifact-root", root]
    environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    # Without its jobs, which nobody asks for, it is nine processes less.
    environment |= {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            words, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait_until_it_answers(process, address, log, interrupts)
        yield address
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # it has nothing to put in order
        process.wait()


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", address: str, log: Path, interrupts: Interrupts) -> None:
    deadline = time.monotonic() + _STARTS_S
    while not _answers(address):
        interrupts.check()
        if process.poll() is not None or time.monotonic() > deadline:
            lines = log.read_text(errors="replace").strip().splitlines()[-1:] or ["it says nothing"]
            raise StepError(f"the tracking database can't be served on {address} for the trials: {lines[0]}")
        time.sleep(_POLL_S)


def _answers(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"{address}/health", timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind((HOST, 0))
        return int(bound.getsockname()[1])
