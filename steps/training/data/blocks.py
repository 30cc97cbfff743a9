"""Big tables in little memory: numbers in one block, and freed memory returned to the system."""

import ctypes
import sys
from contextlib import suppress

import numpy as np

# Estimators that convert all numbers to float32, each child a copy of its own. A table in float32 spares the copy, and
# they learn the same from it.
SINGLE = frozenset(
    f"sklearn.{name}{task}"
    for name in ("ensemble.RandomForest", "ensemble.ExtraTrees", "tree.DecisionTree", "tree.ExtraTree")
    for task in ("Classifier", "Regressor")
)
# How many rows are copied at a time: few enough to stay in the processor's caches with all their columns.
_ROWS = 2048


def block_of(columns: list[np.ndarray], *, single: bool) -> np.ndarray:
    """Move columns of numbers into one block by rows; the list is empty afterwards, so that their memory may be free.

    The block has the smallest type that holds them all; with `single` it is float32, unless that type is smaller.
    An estimator takes a slice of the block's rows without a copy.
    """
    kind = np.result_type(*{values.dtype for values in columns})
    shape = len(columns[0]), len(columns)
    block = np.empty(shape, dtype="float32" if single and kind.itemsize > 2 else kind)
    for start in range(0, len(block), _ROWS):
        rows = slice(start, start + _ROWS)
        with np.errstate(over="ignore"):  # the estimator refuses what is too great for float32 in any case
            for position, values in enumerate(columns):
                block[rows, position] = values[rows]
    columns.clear()
    del values
    give_back()
    return block


def give_back() -> None:
    """Return freed memory to the system: Arrow and the C library would keep it to use again."""
    if "pyarrow" in sys.modules:
        sys.modules["pyarrow"].default_memory_pool().release_unused()
    with suppress(OSError, AttributeError):  # C libraries other than glibc have no malloc_trim
        ctypes.CDLL(None).malloc_trim(0)
