"""The tracking database of this machine, served on loopback: for children with another MLflow than the tuner's.

Two releases of MLflow can't share a database, whose schema each has for itself. They can share a server.

Every user of the machine can reach a port on loopback, and the server asks nobody for a name. So all of it lies below a
secret path, which the children's address has: that is no more than `--static-prefix`, an option of `mlflow server`. The
path and the database's URI, which may have a password, are handed on as environment variables: of a command line other
users can see the arguments.
"""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import mlflow
from mlflow.store.tracking import DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH  # where MLflow keeps artifacts by default

from steps.errors import StepError
from steps.process.signals import Interrupts

HOST = "127.0.0.1"
# It imports for ten seconds, and the machine may be busy. One that has ended is not waited for.
_STARTS_S = 600.0
_POLL_S = 0.1
_SECRET_BYTES = 24  # 32 characters
_ADDRESS = re.compile(rf"(http://{re.escape(HOST)}:\d+/)[\w-]{{32}}(?![\w-])")
# Variables that `mlflow server` reads: a person may have set them for another server.
_OF_ANOTHER_SERVER = re.compile(
    r"MLFLOW_(SERVER_\w+|(GUNICORN|UVICORN|WAITRESS)_OPTS|ARTIFACTS_ONLY|EXPOSE_PROMETHEUS|READ_REPLICA_\w+|TRACKING_URI)"
)


def is_needed(version: str | None) -> bool:
    """Tell whether children can't use the tracking database themselves; `version` is that of their MLflow, if whole."""
    is_database = not mlflow.get_tracking_uri().startswith(("http:", "https:", "databricks", "uc:"))
    return is_database and version != mlflow.__version__


@dataclass
class ServedStore:
    """A server of the tracking database, which has been started; `log` is the file with its output.

    `address` is for its clients alone: it has the secret path.
    """

    address: str
    log: Path
    _process: "subprocess.Popen[bytes]"

    def wait(self, interrupts: Interrupts, meanwhile: Callable[[], None]) -> None:
        """Wait until it answers, and call `meanwhile` again and again. Raises StepError if it does not, Interrupted."""
        deadline = time.monotonic() + _STARTS_S
        while not _answers(self.address):
            interrupts.check()
            meanwhile()
            if self._process.poll() is not None or time.monotonic() > deadline:
                lines = self.log.read_text(errors="replace").strip().splitlines()[-1:] or ["it says nothing"]
                shown = self.address.rpartition("/")[0]
                raise StepError(f"the tracking database can't be served on {shown} for the trials: {lines[0]}")
            time.sleep(_POLL_S)

    def end(self) -> None:
        """Kill it: it has nothing to put in order."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextmanager
def served(log: Path) -> Iterator[ServedStore]:
    """Serve the tracking database as long as the block runs; what the server writes goes to a file.

    It carries this process's environment, and so is ended by the launcher if this process can't end it.
    """
    port, path = _free_port(), f"/{secrets.token_urlsafe(_SECRET_BYTES)}"
    words = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1"]
    words += ["--no-serve-artifacts"]
    environment = {name: value for name, value in os.environ.items() if not _OF_ANOTHER_SERVER.fullmatch(name)}
    environment |= {
        "MLFLOW_BACKEND_STORE_URI": mlflow.get_tracking_uri(),
        "MLFLOW_DEFAULT_ARTIFACT_ROOT": str(Path(DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH).absolute()),
        "MLFLOW_STATIC_PREFIX": path,
        # Without its jobs, which nobody asks for, it is nine processes less.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            words, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    server = ServedStore(f"http://{HOST}:{port}{path}", log, process)
    try:
        yield server
    finally:
        server.end()


def without_secret(text: str) -> str:
    """Return a text without the secret path of a server's address: MLflow prints a link to each run that ends."""
    return _ADDRESS.sub(r"\1***", text)


def _answers(address: str) -> bool:
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with suppress(OSError), directly.open(f"{address}/health", timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind((HOST, 0))
        return int(bound.getsockname()[1])
