"""Runs rows in forks of one process that has the imports done, and reads what they left."""

import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

from tests.host import ROOT, Host
from tests.inputs.rows import Row, fill, matches

# A server that can't be reached is given up at once, where MLflow would try for minutes.
BASE = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_TRACKING_URI": "sqlite:///{folder}/mlflow.db",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
    "TMPDIR": "{folder}",
}
_OURS = ("MLFLOW_", "TUNING_", "AWS_")


@dataclass(frozen=True)
class Ended:
    """A step that has ended: its exit code, the lines that it wrote, the texts that placeholders stood for."""

    code: int
    stderr: list[str]
    places: Mapping[str, str]


def run(host: Host, row: Row, folder: Path) -> Ended:
    """Run a row in a folder, which has a tracking database of its own."""
    places = {"folder": str(folder), "root": str(ROOT)}
    shutil.copy(host.database, folder / "mlflow.db")
    for name, content in row.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else fill(content, places).encode())
    with row.state(folder) if row.state else nullcontext({}) as more:
        places |= more
        words = [*(f"--{name}={value}" for name, value in row.parameters.items()), *row.words]
        code = host.step(
            f"steps.{row.step}",
            [fill(word, places) for word in words],
            clean() | {name: fill(value, places) for name, value in {**BASE, **row.env}.items()},
            out=folder / "stdout",
            err=folder / "stderr",
        )
    return Ended(code, (folder / "stderr").read_text().splitlines(), places)


def clean() -> dict[str, str]:
    """Return this process's environment without what a step would read."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}


def runs(folder: Path) -> list[tuple[str, bool]]:
    """List the runs of a folder's tracking database: their status, and whether they are children."""
    child = "EXISTS (SELECT 1 FROM tags WHERE tags.run_uuid = runs.run_uuid AND key = 'mlflow.parentRunId')"
    with closing(sqlite3.connect(folder / "mlflow.db")) as connection:
        return [
            (status, bool(is_child)) for status, is_child in connection.execute(f"SELECT status, {child} FROM runs")
        ]


def check(host: Host, row: Row, folder: Path) -> None:
    """Assert that a row ends as it says: code and lines, no traceback, no run left running, no child."""
    ended = run(host, row, folder)
    expected = [fill(line, ended.places) for line in row.expected]
    stderr = "\n".join(ended.stderr)
    assert len(ended.stderr) == len(expected), stderr
    for line, wanted in zip(ended.stderr, expected, strict=True):
        assert matches(line, wanted), f"{line}\nis not\n{wanted}"
    assert ended.code == row.code, stderr
    assert "Traceback" not in (folder / "stdout").read_text()
    left = runs(folder)
    assert all(status == "FAILED" and not is_child for status, is_child in left), left
