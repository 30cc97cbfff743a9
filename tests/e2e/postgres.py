"""A real PostgreSQL, Debian's, as an ordinary user runs it."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from tests.e2e.tools import install, until

_USER = "nobody"  # it refuses to run as root
_STARTS_S = 240


class Postgres:
    """A database server with one database, in a folder of its own; it listens on a socket there alone."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self.uri = f"postgresql+psycopg2://{_USER}@/postgres?host={self.folder}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make it and wait until it answers; it is installed where it is missing."""
        folder = programs()
        self._own: dict[str, object] = {}
        if os.getuid() == 0:
            shutil.chown(self.folder, _USER)
            self._own = {"user": _USER, "group": "nogroup", "extra_groups": []}
        data, log = self.folder / "data", self.folder / "log"
        made = [folder / "initdb", "-D", data, "-U", _USER, "--auth=trust", "--no-sync", "--encoding=UTF8"]
        subprocess.run(made, check=True, capture_output=True, cwd=self.folder, **self._own)  # type: ignore[call-overload]
        words = [folder / "postgres", "-D", data, "-k", self.folder, "-c", "listen_addresses=", "-c", "fsync=off"]
        with log.open("w") as output:
            self._process = subprocess.Popen(  # type: ignore[call-overload]
                words, cwd=self.folder, stdout=output, stderr=output, start_new_session=True, **self._own
            )
        until(lambda: "ready to accept connections" in log.read_text(), _STARTS_S, f"PostgreSQL: {log.read_text()}")

    def stop(self) -> None:
        """End it and remove what it kept."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # a fast shutdown: it ends its own processes
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def programs() -> Path:
    """Return the folder of its programs; they are installed where they are missing."""

    def folders() -> list[Path]:
        return sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))

    if not folders():
        install("postgresql")
    return folders()[-1].parent
