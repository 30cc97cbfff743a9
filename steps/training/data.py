"""A data set by name: its table, the column it is meant to predict, its description."""

import importlib
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd


@dataclass(frozen=True)
class Table:
    """A data set: one row per example, the target among the columns.

    `target` is the column that the set itself means to have predicted.
    """

    name: str
    frame: pd.DataFrame
    target: str


@lru_cache(maxsize=1)
def load(name: str) -> Table:
    """Load a data set that scikit-learn ships (its `load_<name>`, the target in the column `target`).

    Kept for the life of the process: treat it as read-only.
    """
    # Imported here, not at the top: `sklearn.datasets` costs 0.2 s that a table from a file does not need.
    loader = getattr(importlib.import_module("sklearn.datasets"), f"load_{name}")
    return Table(name, loader(as_frame=True).frame, "target")
