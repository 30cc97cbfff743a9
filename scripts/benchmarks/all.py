"""Write docs/benchmarks.md: what is claimed of this project, measured on this machine.

    scripts/bench all [rounds] [trials]

Takes an hour or so; nothing else should run meanwhile.
"""

import io
import os
import platform
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from scripts.benchmarks import data, growth, mixed, patches, projects, resume, scale, speed

TARGET = speed.ROOT / "docs" / "benchmarks.md"
PACKAGES = ("mlflow", "optuna", "scikit-learn", "pandas", "numpy")
HEAD = """# Benchmarks

See what a trial and a study cost, against plain Optuna, and measure it on your own machine.

```bash
scripts/bench all    # an hour or so, on a machine that does nothing else
```

Written by `scripts/bench all` on {date}: {cores} cores ({processor}), Python {python},
{packages}.

Seconds are this machine's. The ratios, taken within a round of runs that follow one another, hold elsewhere too. What a
search finds, which does not depend on a machine's speed, is in [search.md](search.md).
"""
SPEED = """
## A trial, {title}

{trials} trials of a random forest on iris, {title}, the same in every row; medians of {rounds} interleaved rounds,
with the smallest and the largest ratio to the plain loop of the same round. (a) is plain Optuna, which logs the same to
MLflow, as one process and as two on one journal file; (b) is `mlflow run . -e tune`; (c) is the same with MLflow's
local backend.

```text
{table}
```
"""
MORE = """
## {title}

{about}

```text
{text}
```
"""


def main(rounds: int = 5, trials: int = 50) -> None:
    """Measure and write, piece by piece."""
    packages = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    known = {"date": datetime.now(tz=UTC).date(), "cores": os.cpu_count(), "processor": _processor()}
    parts = [HEAD.format(**known, python=platform.python_version(), packages=packages)]
    for folds, table in speed.measure(rounds, trials):
        told = {"title": speed.title(folds), "trials": trials, "rounds": rounds, "table": speed.text(table)}
        _write(parts, SPEED.format(**told))
    for title, about, measure in PIECES:
        _write(parts, MORE.format(title=title, about=about, text=_printed(measure)))


PATCHES = """By `scripts/bench patches`: with the patches of speed (see `steps/patches`) and without them, as after
`TUNING_PATCHES=off`. Fits and folds are in CPU seconds of one thread, of two processes that take turns; whole trials,
with jobs=1, are by the clock. The patches save a fixed time for each tree, so they matter for ensembles of trees on
tables of up to a few thousand rows. They gain nothing for 20,000 rows, histogram boosting or a single model."""
PIECES: tuple[tuple[str, str, Callable[[], None]], ...] = (
    ("Patches of speed, on and off", PATCHES, patches.main),
    (
        "A table of text, dates and gaps",
        "By `scripts/bench mixed`: seconds a trial, with each fold prepared by every trial and once for the study.",
        mixed.main,
    ),
    (
        "Somebody else's project",
        "By `scripts/bench projects`: a script that imports pandas and scikit-learn and works for 0.1 s, in this "
        "project's environment, in one of its own, and by MLflow's local backend. Trials start cold until what they "
        "import has been learned: the second half of a study shows what they take from then on.",
        projects.main,
    ),
    (
        "A study that grows",
        "By `scripts/bench scale`: trials that do nothing, see [scaling](scaling.md).",
        scale.main,
    ),
    (
        "A start where much is on record",
        "By `scripts/bench growth`: a study of 10,000 trials that goes on, and one more in an experiment of 200.",
        growth.main,
    ),
    ("A study that is resumed", "By `scripts/bench resume`: the whole command, with nothing left to run.", resume.main),
    ("A big table", "By `scripts/bench data`: memory of the whole process tree.", data.main),
)


def _write(parts: list[str], part: str) -> None:
    parts.append(part)
    print(part, flush=True)
    TARGET.write_text("".join(parts))


def _printed(measure: Callable[[], None]) -> str:
    with redirect_stdout(io.StringIO()) as printed:
        measure()
    return printed.getvalue().strip("\n")


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
