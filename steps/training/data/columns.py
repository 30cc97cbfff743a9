"""The roles of a table's columns: the target, the features, the one to split by, those to leave out."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api import types

from steps.errors import WrongValue, did_you_mean
from steps.parameters.option import option
from steps.parameters.settings import TrainSettings
from steps.training.data import row_numbers
from steps.training.data.load import Table


@dataclass(frozen=True)
class ColumnRoles:
    """The columns by role; `split` is auto, stratified, random, group or time. `notes` are for the user."""

    target: str
    features: tuple[str, ...]
    split: str
    notes: tuple[str, ...] = ()


def dropped(drop: str | None) -> tuple[str, ...]:
    """Read the value of `drop`: names with commas between, one with a comma in double quotes; None: nothing.

    Raises WrongValue for what is no such list, such as one with an end of a line in it.

    >>> dropped('id, "last, first"'), dropped(None)
    (('id', 'last, first'), ())
    """
    if drop is None:
        return ()
    try:
        lines = list(csv.reader([drop], skipinitialspace=True))
    except csv.Error as error:
        raise WrongValue(f"{option('drop', drop[:60])}: must be columns' names with commas between: {error}") from error
    return tuple(name.strip() for line in lines for name in line if name.strip())


def split_of(split: str) -> tuple[str, str | None]:
    """Read the value of `split`: its kind and, for group and time, the column.

    >>> split_of("group:patient"), split_of("auto")
    (('group', 'patient'), ('auto', None))
    """
    kind, colon, column = split.partition(":")
    return kind, column if colon else None


def roles(table: Table, settings: TrainSettings) -> ColumnRoles:
    """Give each column its role. Raises WrongValue, with all problems, for columns that are missing or don't fit."""
    data, drop = settings.data, dropped(settings.drop)
    kind, by = split_of(settings.split)
    target = _target(table, settings)
    problems = [_missing("target", target, data, table.columns)]
    problems += [_missing("drop", name, data, table.columns) for name in drop]
    if settings.weight is not None:
        problems.append(_weight_problem(settings.weight, target, settings, table.columns))
    if by is not None:
        problems.append(_missing("split", by, data, table.columns, f"{kind}:{by}"))
    if target in drop:
        problems.append(f"{option('drop', target)}: is the target of {data}; name another with {option('target')}")
    if target == by:
        problems.append(
            f"{option('split', settings.split)}: is the target of {data}; name another column with one of the two"
        )
    group = [by] if kind == "group" else []
    counting, notes = (
        row_numbers.find(table.frame, (target, *drop, by, settings.weight)) if table.target is None else ([], [])
    )
    features = tuple(name for name in table.columns if name not in (target, settings.weight, *drop, *group, *counting))
    if settings.target == "auto" and table.target is None and target != (last := target_of(settings, table.columns)):
        notes.append(f"{last!r}, the last column, is empty: {target!r} is the target")
    if not features:
        problems.append(f"{option('data', data)}: no feature is left beside {target!r}; it has {listed(table.columns)}")
    if any(problems):
        raise WrongValue(*filter(None, problems))
    return ColumnRoles(target, features, kind, tuple(f"{option('data', data)}: {note}" for note in notes))


def target_of(settings: TrainSettings, columns: Sequence[str]) -> str | None:
    """Return a file's target: the one that is set, else the last column that is not left out; None if none is left."""
    if settings.target != "auto":
        return settings.target
    left_out = (*dropped(settings.drop), split_of(settings.split)[1], settings.weight)
    return next((name for name in reversed(columns) if name not in left_out), None)


def _target(table: Table, settings: TrainSettings) -> str:
    """Return the target's name; auto: the data set's own target, else that of a file: the last that has a value."""
    if settings.target == "auto" and table.target is not None:
        return table.target
    target = target_of(settings, table.columns)
    if target is None:
        raise WrongValue(
            f"{option('data', settings.data)}: no column is left for a target; it has {listed(table.columns)}"
        )
    if settings.target == "auto":
        filled = [name for name in table.columns if name in table.frame and table.frame[name].notna().any()]
        return target_of(settings, filled) or target
    return target


def is_plain(features: pd.DataFrame) -> bool:
    """Tell whether all columns are numbers without a gap; any estimator takes these as they are."""
    return all(
        isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf" and not column.isna().any()
        for _, column in features.items()
    )


def check_some(features: pd.DataFrame, data: str) -> None:
    """Raise WrongValue if no column has a value."""
    if all(column.isna().all() for _, column in features.items()):
        raise WrongValue(f"{option('data', data)}: no row has a value in any of the features, {listed(list(features))}")


def check_finite(features: pd.DataFrame, data: str) -> None:
    """Raise WrongValue, naming them all, for columns with infinite values; almost no estimator takes these."""
    infinite = [
        name for name, column in features.items() if types.is_float_dtype(column.dtype) and np.isinf(column).any()
    ]
    if infinite:
        raise WrongValue(
            f"{option('data', data)}: infinite values in {listed(infinite)}; leave them empty, or leave the columns "
            f"out with {option('drop', ','.join(map(str, infinite)))}"
        )


def listed(names: Sequence[object]) -> str:
    """List names, the first few of many.

    >>> listed(["a", "b"])
    "'a', 'b'"
    """
    few = ", ".join(repr(str(name)) for name in names[:20])
    return few if len(names) <= 20 else f"{few} and {len(names) - 20} more"


def _weight_problem(weight: str, target: str, settings: TrainSettings, columns: Sequence[str]) -> str | None:
    kind, by = split_of(settings.split)
    other = {target: "is the target", by: f"is what the rows are split by ({kind})"}.get(weight)
    if weight in dropped(settings.drop):
        other = "is dropped"
    if other is not None:
        return f"{option('weight', weight)}: {other}; name another column of {settings.data}"
    return _missing("weight", weight, settings.data, columns)


def _missing(parameter: str, name: str, data: str, columns: Sequence[str], shown: str | None = None) -> str | None:
    if name in columns:
        return None
    return (
        f"{option(parameter, shown or name)}: {data} has no such column{did_you_mean(name, columns)}; "
        f"allowed: {', '.join(columns)}"
    )
