"""What stands in front of an estimator, fitted once for each fold of a study: it does not depend on the trial.

The tuner names a folder in the environment (Variable.FILES). Of several children that need the same fold prepared the
first one does it, under a lock, and keeps the result in a file there, which all others map. Without that folder, in a
run by hand or one that is repeated later, a run prepares its folds itself, and has the same scores.

scikit-learn's `Pipeline(memory=…)` keeps what is fitted, but not what is transformed to be scored, and digests each
step's input each time: with it a fold of a linear model took half of the time that it takes without, with this a
twentieth.
"""

import fcntl
import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import joblib
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from steps.names import Variable
from steps.parameters.option import option
from steps.process import free_memory, mapped_file
from steps.training.data.examples import Examples

# In the folder that the tuner names. It is there if prepared folds may be kept.
_FOLDER = "prepared"
# The share of the free memory, and of the free disk, that the folds of one kind of preparation may take.
_SHARE = 0.1
# Steps of these packages draw only from their own seeds. A step of somebody's own is executed by each trial.
_PACKAGES = frozenset({"skrub", "sklearn", "steps"})


class PreparedFold(NamedTuple):
    """The features of a fold's fit rows and of its score rows, prepared, and how long the fit of that took."""

    fit: Any
    score: Any
    seconds: float


@dataclass(frozen=True)
class Preparation:
    """The `first` steps of a pipeline, whose results are kept in `folder`; the `rest` is fitted by each trial.

    `key` is a digest of all that the results depend on, but for the fold. `limit` is how many bytes a fold may take.
    """

    first: Pipeline
    rest: Pipeline
    folder: Path
    key: str
    limit: float

    def fold(self, number: int, fit: pd.DataFrame, target: "pd.Series[Any]", score: pd.DataFrame) -> PreparedFold:
        """Return a fold prepared: its fit rows, to which `target` belongs, and its score rows."""
        path = self.folder / f"{self.key}-{number}"
        if not path.exists():
            with path.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # whoever comes second waits, then finds the file
                if not path.exists():
                    return self._keep(path, self._prepare(fit, target, score))
        # An empty one stands for what is too large to be kept.
        return _read(path) if path.stat().st_size else self._prepare(fit, target, score)

    def _prepare(self, fit: pd.DataFrame, target: "pd.Series[Any]", score: pd.DataFrame) -> PreparedFold:
        began = perf_counter()
        fitted = clone(self.first)
        prepared = fitted.fit_transform(fit, target)
        seconds = perf_counter() - began
        return PreparedFold(prepared, fitted.transform(score), seconds)

    def _keep(self, path: Path, fold: PreparedFold) -> PreparedFold:
        """Write a fold to a file, if it can be; return it as all others will find it."""
        try:
            mapped_file.write(path, fold, self.limit)
        except (mapped_file.TooLarge, OSError):
            with suppress(OSError):
                path.touch()
            return fold
        return _read(path)


def allow(rows: Examples) -> None:
    """Allow the children of a study to keep prepared folds, in the folder that the tuner names, if memory suffices."""
    files = os.environ.get(Variable.FILES)
    if files and not rows.plain and _size(rows) <= _SHARE * _free(Path(files)):
        (Path(files) / _FOLDER).mkdir(exist_ok=True)


def note(rows: Examples) -> str | None:
    """Say that each trial will prepare the folds itself, if it is so for the size of the table."""
    files = os.environ.get(Variable.FILES)
    if not files or rows.plain or (Path(files) / _FOLDER).is_dir():
        return None
    return (
        f"{option('data', rows.resolved.data)}: its folds, prepared once for all trials, would take more than a tenth "
        "of the memory or the disk that is free: each trial prepares them itself"
    )


def shared(pipeline: Any, rows: Examples) -> Preparation | None:
    """Return the preparation that a pipeline shares with other trials of its study; None if there is none to share."""
    folder = Path(os.environ.get(Variable.FILES, "")) / _FOLDER
    if rows.plain or Variable.FILES not in os.environ or not folder.is_dir() or Variable.OWN_FOLDS in os.environ:
        return None
    before = [step for _, step in pipeline.steps[:-1]]
    count = len(list(takewhile(lambda step: type(step).__module__.partition(".")[0] in _PACKAGES, before)))
    try:
        steps = joblib.hash(pipeline.steps[:count])
    except Exception:  # a step holds what can't be pickled, such as a lambda: it is not known again
        return None
    known = (steps, rows.dataset.sha256, rows.folds, rows.resolved.task)
    key = hashlib.sha256(repr(known).encode()).hexdigest()
    limit = _SHARE * _free(folder) / len(rows.layout.splits)
    return Preparation(pipeline[:count], pipeline[count:], folder, key, limit)


def _read(path: Path) -> PreparedFold:
    return PreparedFold(*mapped_file.read(path))


def _size(rows: Examples) -> float:
    """Return how many bytes the folds take at least: each has every training row, which each repeat lays out anew."""
    table = float(rows.features.memory_usage(deep=True).sum()) / rows.resolved.repeats
    return table * len(rows.layout.splits)


def _free(folder: Path) -> float:
    memory = free_memory.of_this_process()
    disk = shutil.disk_usage(folder).free
    return min(disk, memory.available) if memory else disk
