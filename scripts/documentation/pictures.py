"""The pictures of a report in docs/: of a study of a mixed table that a package of the index ships, light and dark.

    scripts/pictures [trials]

The study runs in a folder of its own, on a copy of the table, with `space=automl`; it takes minutes.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

from mlflow.tracking import MlflowClient

from steps.names import Artifact
from steps.project.environment import PROJECT
from tests.e2e.browser import chromium, new_page

# Which married women of Switzerland had a job in 1981 (Gerfin, 1996): numbers, counts, yes and no; 872 rows. Trees fit
# its noise with their defaults, so that tuning shows on held-out rows.
_PACKAGE, _TABLE, _NAME = "pydataset", "Ecdat-Participation.csv", "participation.csv"
_SETTINGS = {"target": "lfp", "metric": "neg_log_loss", "space": "automl", "study": "participation"}
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_NAMES = {"light": "report.png", "dark": "report-dark.png"}
_WIDTH, _HEIGHT = 1180, 1480
# A reader of docs/ loads both.
_MOST_BYTES = 300_000


def main(trials: int = 60) -> None:
    """Run the study and take the pictures."""
    with tempfile.TemporaryDirectory(prefix="pictures-") as name:
        folder = Path(name)
        uri = f"sqlite:///{folder}/mlflow.db"
        _tune(_table(folder), uri, trials)
        _take(_report(uri, folder))


def _table(folder: Path) -> Path:
    """Fetch the table, under a name that a reader understands."""
    from scripts.benchmarks.tables import tables  # it imports skrub

    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder / "packages"), _PACKAGE]
    subprocess.run(pip, check=True)
    found = next(path for path in tables(folder / "packages", folder / "tables") if path.name.endswith(_TABLE))
    return found.rename(folder / _NAME)


def _tune(table: Path, uri: str, trials: int) -> None:
    words = [sys.executable, "-m", "mlflow", "run", str(PROJECT), "-e", "tune", "--env-manager", "local"]
    for name, value in {"data": table, "n_trials": trials, **_SETTINGS}.items():
        words += ["-P", f"{name}={value}"]
    subprocess.run(words, check=True, cwd=table.parent, env={**os.environ, "MLFLOW_TRACKING_URI": uri})


def _report(uri: str, folder: Path) -> Path:
    client = MlflowClient(uri)
    (parent,) = client.search_runs(
        ["0"], f"tags.`tuning.study` = '{_SETTINGS['study']}' AND tags.`tuning.role` = 'study'"
    )
    return Path(client.download_artifacts(parent.info.run_id, Artifact.REPORT, str(folder)))


def _take(page: Path) -> None:
    with chromium() as browser:
        for scheme in _SCHEMES:
            size = {"width": _WIDTH, "height": _HEIGHT}
            opened = new_page(browser, viewport=size, color_scheme=scheme, reduced_motion="reduce")
            opened.goto(page.as_uri())
            opened.wait_for_load_state("networkidle")
            target = PROJECT / "docs" / _NAMES[scheme]
            opened.screenshot(path=target)
            opened.close()
            assert target.stat().st_size < _MOST_BYTES, f"{target.name} is too large for a page in docs/"
            print(target.relative_to(PROJECT), target.stat().st_size)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
