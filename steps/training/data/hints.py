"""What a table makes one suspect: a column that knows the target, subjects or times that random folds mix, -999."""

import re
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types
from sklearn.metrics import balanced_accuracy_score, r2_score
from sklearn.tree import DecisionTreeClassifier

from steps.parameters.option import option
from steps.training.data.examples import Examples

# A column that scores so much alone is likely made from the target, or known after it only.
_KNOWS = 0.98
_ROWS = 1000
# With less, trees end early or do not begin: their splits stop at an impurity of the machine's epsilon.
_LEAST_SPREAD = 1e-6
_SECONDS = 0.7
_SUBJECT = re.compile(
    r"(.*[ _.-])?(id|ident|subj(ect)?|patient|person|user|customer|household|hh|firm|company|student|pupil|school"
    r"|animal|participant|respondent)([ _.-]?(id|no|nr|num|number|code))?",
    re.IGNORECASE,
)
# Numbers that stand for a missing one where it could not be left empty.
_CODES = (-9, -99, -999, -9999, -99999, 99, 999, 9999, 99999)
_FEWEST_ROWS, _FEWEST_OTHERS = 2, 40
# It stands so many times as far from the others as these are from each other.
_GAP = 2
_TIME = re.compile(r"(.*[ _.-])?(date|datetime|time|timestamp|day|month|year|yr|quarter|week)", re.IGNORECASE)


def find(rows: Examples) -> Iterator[str]:
    """Yield sentences about a table, from a sample of its training rows; in less than a second."""
    training = rows.layout.training
    features, target = rows.features.iloc[training], rows.target.iloc[training]
    sample = np.random.default_rng(0).permutation(len(features))[:_ROWS]
    features, target = features.iloc[sample], target.iloc[sample]
    measure = "balanced accuracy" if rows.resolved.task == "classification" else "r2"
    end = perf_counter() + _SECONDS
    for name, column in features.items():
        if perf_counter() > end:
            break
        if (score := _alone(column, target, classes=measure != "r2")) >= _KNOWS:
            yield (
                f"{str(name)!r} alone predicts {target.name!r} at {measure} {score:.2f}: leave it out with "
                f"{option('drop', str(name))} if it is not known beforehand"
            )
    if rows.resolved.split in ("random", "stratified"):
        yield from _mixed(features)
    yield from _coded(features.assign(**{str(target.name): target}), end)
    yield from _held_out(rows)
    if measure == "r2" and 0 < (spread := float(target.std())) < _LEAST_SPREAD:
        yield (
            f"the target {target.name!r} varies by {spread:.2g} (standard deviation): scikit-learn's trees take a "
            "variance below 2e-16 for none; give it in other units"
        )


def _alone(column: "pd.Series[Any]", target: "pd.Series[Any]", *, classes: bool) -> float:
    """Return how well a column alone predicts half of the target from the other: r2, or balanced accuracy."""
    codes = np.asarray(column, dtype=float) if _is_number(column) else pd.factorize(column)[0].astype(float)
    codes = np.nan_to_num(codes, nan=-1e9)
    half = len(codes) // 2
    known, asked = codes[:half], codes[half:]
    if half < 20 or len(np.unique(known)) < 2:
        return 0.0
    if classes:
        tree = DecisionTreeClassifier(max_leaf_nodes=4 * target.nunique(), random_state=0)
        guesses = tree.fit(known[:, None], target.iloc[:half].astype(str)).predict(asked[:, None])
        return float(balanced_accuracy_score(target.iloc[half:].astype(str), guesses))
    if not _is_number(column) and len(np.unique(known)) > half / 2:
        return 0.0  # names
    means = target.iloc[:half].astype(float).groupby(known).mean()
    guesses = np.interp(asked, means.index.to_numpy(), means.to_numpy())
    return float(r2_score(target.iloc[half:].astype(float), guesses))


def _is_number(column: "pd.Series[Any]") -> bool:
    return types.is_numeric_dtype(column.dtype) and isinstance(column.dtype, np.dtype)


def _coded(table: pd.DataFrame, end: float) -> Iterator[str]:
    """Yield which columns seem to have a number such as -999 for a missing one: it stands apart from all others."""
    found: dict[int, list[str]] = {}
    for name, column in table.items():
        if perf_counter() > end:
            break
        values = np.asarray(column, dtype=float) if _is_number(column) else np.empty(0)
        coded = values[np.isin(values, _CODES)]
        for code in np.unique(coded):
            others = values[np.isfinite(values) & (values != code)]
            enough = (coded == code).sum() >= _FEWEST_ROWS and len(others) >= _FEWEST_OTHERS
            if enough and _stands_apart(code, others):
                found.setdefault(int(code), []).append(str(name))
    for code, names in found.items():
        more = f" and {len(names) - 3} more columns" if len(names) > 3 else ""
        shown = ", ".join(map(repr, names[:3]))
        yield f"{code} in {shown}{more} stands apart from all other values: if it means a missing one, leave it empty"


def _stands_apart(code: float, others: np.ndarray) -> bool:
    low, high = others.min(), others.max()
    gap = low - code if code < low else code - high
    return bool(gap >= max(_GAP * (high - low), 1) or (code < 0 <= low))


def _mixed(features: pd.DataFrame) -> Iterator[str]:
    """Yield what random folds would mix: rows of one subject, rows of one time."""
    for name, column in features.items():
        different = column.nunique()
        if _SUBJECT.fullmatch(str(name)) and 5 <= different <= 0.7 * len(column):
            yield (
                f"rows of one {str(name)!r} are in several folds: {option('split', f'group:{name}')} scores subjects "
                "that the fit lacks"
            )
            break
    for name, column in features.items():
        if types.is_datetime64_any_dtype(column.dtype) or (_TIME.fullmatch(str(name)) and column.nunique() >= 4):
            by_time = option("split", f"time:{name}")
            yield f"{str(name)!r} looks like a time: {by_time} scores rows that are later than those of the fit"
            break


def _held_out(rows: Examples) -> Iterator[str]:
    """Yield why scores on the held-out rows say little: all have one value, or a class that no model could learn."""
    training, held_out = (set(rows.target.iloc[part]) for part in (rows.layout.training, rows.layout.held_out))
    otherwise = "another split or test_size may hold out others"
    if len(held_out) == 1 < len(training):
        (value,) = held_out
        yield f"all held-out rows have the {rows.target.name} {value!r}, so scores on them say little: {otherwise}"
    if rows.resolved.task == "classification" and (unknown := sorted(map(str, held_out - training))):
        others = f" and {len(unknown) - 1} others" if len(unknown) > 1 else ""
        yield f"no training row has the class {unknown[0]!r}{others} of the held-out rows: {otherwise}"
