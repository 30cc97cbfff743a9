"""A real tracking server, which can be killed and started again."""

import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.tools import MARK, Place, free_port, until

_STARTS_S = 240


@dataclass
class Server:
    """`mlflow server` over a place's own database, or `store`, which studies of that place are then sent to.

    With `user`, a name and a password, it lets in nobody else.
    """

    place: Place
    port: int = field(default_factory=free_port)
    store: str | None = None
    user: tuple[str, str] | None = None
    _process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.place.extra["MLFLOW_TRACKING_URI"] = f"http://127.0.0.1:{self.port}"
        if self.store:
            self.place.server = self.place.extra["MLFLOW_TRACKING_URI"]
        if self.user:
            self.place.extra["MLFLOW_TRACKING_USERNAME"], self.place.extra["MLFLOW_TRACKING_PASSWORD"] = self.user

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", self.store or self.place.uri]
        words += ["--artifacts-destination", str(self.place.folder / "artifacts")]
        words += ["--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        env = {name: value for name, value in self.place.env.items() if name not in (MARK, "MLFLOW_TRACKING_URI")}
        env["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"  # else nine more processes
        if self.user:
            words += ["--app-name", "basic-auth"]
            env |= {"MLFLOW_AUTH_CONFIG_PATH": str(self._users()), "MLFLOW_FLASK_SERVER_SECRET_KEY": "for a test"}
        with (self.place.folder / "server.txt").open("a") as output:
            self._process = subprocess.Popen(words, env=env, stdout=output, stderr=output, start_new_session=True)
        try:
            until(self.answers, _STARTS_S, "a tracking server")
        except AssertionError:
            self.kill()
            raise

    def _users(self) -> Path:
        assert self.user is not None
        file = self.place.folder / "users.ini"
        database = f"sqlite:///{self.place.folder}/users.db"
        name, password = self.user
        file.write_text(
            "[mlflow]\ndefault_permission = READ\nauthorization_function = "
            "mlflow.server.auth:authenticate_request_basic_auth\n"
            f"database_uri = {database}\nadmin_username = {name}\nadmin_password = {password}\n"
        )
        return file

    def answers(self) -> bool:
        """Tell whether it answers."""
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def kill(self) -> None:
        """Kill it, with all of its processes; nothing where it has been killed."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
