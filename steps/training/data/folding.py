"""Split a table's rows as the settings say, or say in one sentence why that can't be done."""

from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from steps.errors import WrongValue
from steps.parameters.option import option
from steps.parameters.settings import TrainSettings
from steps.training.data import dates, splits
from steps.training.data.columns import split_of


def lay_out(frame: pd.DataFrame, target: "pd.Series[Any]", settings: TrainSettings) -> splits.Layout:
    """Split the rows of a table as the settings say, in which nothing is `auto`.

    Raises WrongValue if the rows can't be split so.
    """
    kind, column = split_of(settings.split)
    classes = settings.task == "classification"
    groups = times = None
    if column is not None:
        _check_no_gap(frame[column], settings)
        if kind == "group":
            groups = pd.factorize(frame[column])[0]
            _check_groups(groups, settings)
        else:
            times = _times(frame[column], settings)
            if settings.repeats > 1:
                raise WrongValue(
                    f"{option('repeats', settings.repeats)}: must be 1 with {option('split', settings.split)}: the "
                    "times make the folds"
                )
    if kind == "stratified":
        _check_classes(target, settings)
    codes, labels = pd.factorize(target)
    _check_held_out(len(target), len(labels) if kind == "stratified" else 1, settings)
    fold_seed = None if settings.fold_seed == "auto" else settings.fold_seed
    rows = splits.Rows(len(target), codes if classes and kind != "random" else None, groups, times)
    try:
        layout = splits.lay_out(
            rows,
            folds=settings.folds,
            test_size=settings.test_size,
            seed=settings.seed,
            fold_seed=fold_seed,
            repeats=settings.repeats,
        )
    except splits.TooFewRows as error:
        rarest = f"{str(labels[error.code])!r} of the target {target.name!r} in {settings.data}"
        if settings.folds == 1:
            raise WrongValue(
                f"{option('folds', 1)}: needs two training rows of each class, to fit on and to score on, and {rarest} "
                f"has one; lower {option('test_size')}, take more {option('folds')}, or give "
                f"{option('split', 'random')}"
            ) from error
        raise WrongValue(
            f"{option('folds', settings.folds)}: must be at most {error.count}, the training rows of the largest "
            f"class, {rarest}"
        ) from error
    except splits.CannotSplit as error:
        where = option("split", settings.split) if column else option("folds", settings.folds)
        lower = option("test_size") if settings.folds == 1 else option("folds")
        raise WrongValue(f"{where}: the rows of {settings.data} can't be split: {error}; lower {lower}") from error
    _check_folds(target.take(layout.order), layout, settings, classes=classes)
    return layout


def _check_no_gap(column: "pd.Series[Any]", settings: TrainSettings) -> None:
    if missing := int(column.isna().sum()):
        raise WrongValue(
            f"{option('split', settings.split)}: {missing} of {len(column)} rows of {settings.data} have no value in "
            f"{column.name!r}; fill them, or leave those rows out"
        )


def _times(column: "pd.Series[Any]", settings: TrainSettings) -> np.ndarray:
    """Return values that sort as the times do: numbers and dates as they are, text read as dates."""
    if types.is_numeric_dtype(column.dtype) or types.is_datetime64_any_dtype(column.dtype):
        return np.asarray(column)
    text = column.astype("str")
    times = dates.read(text)
    if times is not None:
        return times
    raise WrongValue(
        f"{option('split', settings.split)}: not all of {column.name!r} in {settings.data} are numbers or dates of one "
        f"form, such as {text.iloc[0]!r}; write them as 2026-01-31 or 2026-01-31T13:00:00"
    )


def _check_groups(groups: np.ndarray, settings: TrainSettings) -> None:
    count = int(groups.max()) + 1
    training = count - int(np.ceil(count * settings.test_size))
    if training < max(settings.folds, 2):
        noun = "group" if count == 1 else "groups"
        raise WrongValue(
            f"{option('split', settings.split)}: {settings.data} has {count} {noun}, of which {max(training, 0)} are "
            f"left for training by {option('test_size', settings.test_size)}; {option('folds', settings.folds)} needs "
            f"{max(settings.folds, 2)}"
        )


def _check_classes(target: "pd.Series[Any]", settings: TrainSettings) -> None:
    counts = target.value_counts()
    if counts.min() >= 2:
        return
    alone = counts.index[counts < 2]
    quantity = (
        f", or give {option('task', 'regression')}"
        if types.is_numeric_dtype(target) and not types.is_bool_dtype(target)
        else ""
    )
    others = len(alone) - 1
    more = f", and so {'has' if others == 1 else 'have'} {others} more" if others else ""
    raise WrongValue(
        f"{option('data', settings.data)}: the class {str(alone[0])!r} of the target {target.name!r} has one row"
        f"{more}, which can't be on both sides of a "
        f"split: leave such rows out, or give {option('split', 'random')}{quantity}"
    )


def _check_held_out(rows: int, classes: int, settings: TrainSettings) -> None:
    held_out, folds = int(np.ceil(rows * settings.test_size)), settings.folds
    if held_out < classes or rows - held_out < classes:
        least = np.ceil(1000 * classes / rows) / 1000
        raise WrongValue(
            f"{option('test_size', settings.test_size)}: {held_out} of {rows} rows of {settings.data} held out leave "
            + (
                f"a class without a row on one side: there are {classes} classes; from {least:g} to {1 - least:g}, or "
                f"{option('split', 'random')}"
                if classes > 1
                else "one side without rows"
            )
        )
    if classes == 1 and folds > max((rows - held_out) // 2, 1):  # two rows a fold: r2 needs them
        raise WrongValue(
            f"{option('folds', folds)}: must be at most {(rows - held_out) // 2}, half of the training rows"
        )


def rare_classes(target: "pd.Series[Any]", layout: splits.Layout, folds: int) -> str | None:
    """Say which classes some folds lack, because they have fewer training rows than there are folds; None: none."""
    counts = target.take(layout.order[layout.training]).value_counts()
    rare = counts[counts < folds]
    if rare.empty or folds == 1:
        return None
    shown = ", ".join(f"{str(label)!r} ({count})" for label, count in rare.tail(5)[::-1].items())
    more = f" and {len(rare) - 5} more" if len(rare) > 5 else ""
    return (
        f"classes of the target {target.name!r} with fewer training rows than the {folds} folds, some of which lack "
        f"them: {shown}{more}"
    )


def _check_folds(target: "pd.Series[Any]", layout: splits.Layout, settings: TrainSettings, *, classes: bool) -> None:
    folds, where = settings.folds, option("split", settings.split)
    for number, (fit, score) in enumerate(layout.splits):
        if classes and target.iloc[fit].nunique() < 2:
            raise WrongValue(
                f"{where}: fold {number} would fit on the one class {str(target.iloc[fit.start])!r} of "
                f"{target.name!r} in {settings.data}; lower {option('folds')}, or split otherwise"
            )
        if not classes and folds > 1 and score.stop - score.start < 2:
            raise WrongValue(
                f"{where}: fold {number} would score on one row of {settings.data}; lower {option('folds')}"
            )
