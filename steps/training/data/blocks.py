"""Big tables in little memory: numbers in one block, and what was freed given back to the system."""

import ctypes
import sys
from contextlib import suppress

import numpy as np
import pandas as pd

# Estimators that make float32 of all numbers themselves, in each child a copy: such numbers they take as they are, and
# learn the same from them.
SINGLE = frozenset(
    f"sklearn.{name}{task}"
    for name in ("ensemble.RandomForest", "ensemble.ExtraTrees", "tree.DecisionTree", "tree.ExtraTree")
    for task in ("Classifier", "Regressor")
)
# So many rows at a time: their values, of all columns, stay in the processor's caches.
_ROWS = 2048


def block_of(features: pd.DataFrame, *, single: bool) -> np.ndarray:
    """Move the columns of a frame into one block, row by row, of the smallest type that has them all.

    `single` asks for float32 where that type is not smaller.
    They are numbers. The frame is empty then.

    Of a slice of the rows of such a block an estimator takes no copy.
    """
    kind = np.result_type(*features.dtypes)
    block = np.empty(features.shape, dtype="float32" if single and kind.itemsize > 2 else kind)
    columns = [features.pop(name).to_numpy() for name in list(features)]
    for start in range(0, len(block), _ROWS):
        rows = slice(start, start + _ROWS)
        with np.errstate(over="ignore"):  # too great for float32: the estimator refuses it, as it would have
            for position, values in enumerate(columns):
                block[rows, position] = values[rows]
    del columns, values
    give_back()
    return block


def give_back() -> None:
    """Give what has been freed back to the system: Arrow and the C library keep it for a next time."""
    if "pyarrow" in sys.modules:
        sys.modules["pyarrow"].default_memory_pool().release_unused()
    with suppress(OSError, AttributeError):  # another C library than glibc
        ctypes.CDLL(None).malloc_trim(0)
