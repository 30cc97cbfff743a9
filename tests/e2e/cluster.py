"""A real Ray cluster of two nodes on this machine, on loopback addresses of a network of its own."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from steps.process import proc
from tests.e2e.tools import MARK, Place, processes_with, until
from tests.host import ROOT

HEAD, OTHER = "127.0.0.2", "127.0.0.3"
PORT = 6399
_STARTS_S = 150
# A node that does not answer is given up after seconds; by default that takes Ray a minute.
_IMPATIENT = {
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "3",
}
TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "only-who-knows-this-may-submit-a-task"}


def environment() -> Path:
    """Make the environment of conda-ray.yaml, as `scripts/run --ray` does; return its Python."""
    words = ["bash", "-c", ". scripts/environment && with_ray && environment && command -v python"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    return Path(done.stdout.split()[-1])


@dataclass
class Cluster:
    """Two nodes with one CPU each; only who has the token may use them. `python` is an interpreter with Ray."""

    python: Path
    place: Place  # whose environment and mark its processes have
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="ray-")))  # sockets need a short name

    def start(self) -> None:
        """Start both nodes; returns once both can be used."""
        head = ["--head", f"--port={PORT}", "--include-dashboard=false", f"--temp-dir={self.folder}/head"]
        self._ray("start", *head, f"--node-ip-address={HEAD}")
        self.join()

    def join(self) -> None:
        """Start the second node."""
        folder = tempfile.mkdtemp(dir=self.folder)  # as on a machine of its own
        self._ray("start", f"--address={HEAD}:{PORT}", f"--node-ip-address={OTHER}", f"--temp-dir={folder}")

    def _ray(self, *words: str) -> None:
        sizes = ["--num-cpus=1", "--object-store-memory=100000000", "--disable-usage-stats"]
        done = subprocess.run(
            [self.python.with_name("ray"), *words, *sizes],
            env=self._env, cwd=self.folder, capture_output=True, text=True, timeout=_STARTS_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def _env(self) -> dict[str, str]:
        named = {name: value for name, value in self.place.env.items() if not name.startswith("MLFLOW_")}
        own = named | {name: value for name, value in self.place.extra.items() if name == "MLFLOW_ENV_ROOT"}
        path = f"{self.python.parent}{os.pathsep}{os.environ['PATH']}"
        return own | _IMPATIENT | TOKEN | {"PATH": path, "TMPDIR": "/tmp", "PYTHONNOUSERSITE": "1"}

    def processes(self) -> dict[int, str]:
        """Find all of its processes: their ids and commands; Ray's workers overwrite where their mark stood."""
        marked = processes_with(f"{MARK}={self.place.mark}")
        return marked | {pid: "" for pid in _below(marked) if pid not in marked}

    def trials(self) -> list[int]:
        """Find the forks in which trials are executed."""
        launchers = [pid for pid, command in self.processes().items() if "warm/launcher.py" in command]
        return [pid for pid in launchers if proc.parent_of(pid) in launchers]

    def workers(self) -> list[int]:
        """Find Ray's processes that execute a task now."""
        launchers = {proc.parent_of(pid) or 0 for pid in self.trials()}
        return sorted({proc.parent_of(pid) or 0 for pid in launchers})

    def of_node(self, address: str) -> list[int]:
        """Find the processes of a node: its raylet, and all below that."""
        mark = f"--node_ip_address={address} "
        raylets = [pid for pid, command in self.processes().items() if "raylet/raylet " in command and mark in command]
        return [*raylets, *_below(raylets)]

    def stop(self) -> None:
        """Kill it."""
        until(lambda: not _kill(self.processes()), 120, "the end of a cluster")
        shutil.rmtree(self.folder, ignore_errors=True)


def _kill(pids: Iterable[int]) -> list[int]:
    killed = list(pids)
    for pid in killed:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return killed


def _below(pids: Iterable[int]) -> list[int]:
    """Find the processes that descend from some."""
    parents = {int(folder.name): proc.parent_of(int(folder.name)) for folder in Path("/proc").glob("[0-9]*")}
    below: list[int] = []
    level = list(pids)
    while level := [pid for pid, parent in parents.items() if parent in level and pid not in below]:
        below += level
    return below
