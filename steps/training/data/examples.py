"""The examples of a run: features and target, their rows laid out so that every fold is a slice of them."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from steps.errors import WrongValue
from steps.parameters.option import option
from steps.parameters.settings import TrainSettings
from steps.training.data import blocks, columns, dataset, folding, load, splits, target, weights
from steps.training.shipped import table_rows

# Settings that decide which examples there are and how they are split.
DECIDING = ("data", "target", "drop", "weight", "split", "task", "folds", "repeats", "test_size", "seed", "fold_seed")
# Rows that are kept as the table has them, to show what a model is given.
_SHOWN_ROWS = 100


@dataclass(frozen=True)
class Examples:
    """Features and target, resolved and laid out.

    `features` and `target` have their rows in the layout's order, so the layout's `held_out`, `training` and `splits`
    are slices of them. `plain` features are numbers without a gap. `single` features are float32, for estimators that
    convert them to that anyway. `shown` are some rows of the features with the table's own types, `columns` describes
    these for `table_rows.TableRows`. `asked` are the settings as they were given, `resolved` those without `auto`.
    `dataset` is what MLflow records. `folds` is a digest
    (sha256) of the columns and of the layout: two runs with the same digest and the same data were scored on the same
    rows. `notes` are sentences for the user. `weights` are the rows' sample weights, None without a column of them.
    `groups` has a code for each row if the split keeps groups together.
    """

    asked: TrainSettings
    resolved: TrainSettings
    features: pd.DataFrame
    target: "pd.Series[Any]"
    layout: splits.Layout
    plain: bool
    single: bool
    shown: pd.DataFrame
    columns: Sequence[Mapping[str, Any]]
    dataset: dataset.Dataset
    folds: str
    notes: tuple[str, ...]
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None

    def weights_of(self, rows: slice) -> np.ndarray | None:
        """Return the sample weights of some rows, None if there are none."""
        return None if self.weights is None else self.weights[rows]

    def answer(self, settings: TrainSettings, *, single: bool) -> bool:
        """Tell whether these are the examples that settings ask for, with `auto` in them or resolved.

        Float32 features suit only estimators that allow them (`single`); other features suit all.
        """
        return _agree(settings, self.asked, self.resolved) and (single or not self.single)


_made: list[Examples] = []
_failed: list[tuple[TrainSettings, WrongValue]] = []


def get(settings: TrainSettings, estimators: Collection[str]) -> Examples:
    """Return the examples that settings ask for, in a type that suits all of some estimators (their import paths).

    The process keeps the last examples: a launcher makes a study's, and its children find them made, in shared pages.
    Raises WrongValue, naming file, column and remedy, if the data can't be used.
    """
    single = all(path in blocks.SINGLE or path == "auto" for path in estimators)
    if _made and _made[0].answer(settings, single=single):
        return _made[0]
    for failed, error in _failed:
        if _agree(settings, failed):
            raise error
    _made.clear()  # two big tables might not fit in memory
    try:
        _made.append(_make(settings, single=single))
    except WrongValue as error:
        _failed[:] = [(settings, error)]  # the data is not read, or fetched, again for the same error
        raise
    return _made[0]


def made() -> Examples | None:
    """Return the examples that are kept, if any."""
    return _made[0] if _made else None


def _make(settings: TrainSettings, *, single: bool) -> Examples:
    name, by = settings.data, columns.split_of(settings.split)[1]
    without = [column for column in columns.dropped(settings.drop) if column != by]
    table = load.load(name, without, partial(columns.target_of, settings))
    roles = columns.roles(table, settings)
    notes = (*table.notes, *roles.notes, *_read_marked(table, roles, settings))
    frame, dropped = _labelled(table, roles.target, name)
    goal = target.clean(frame[roles.target])
    task = target.task_of(goal) if settings.task == "auto" else settings.task
    target.check(goal, task, name, roles.features)
    notes += dropped
    if table.target is None and settings.task == "auto" and (note := target.note(goal, task)):
        notes += (f"{option('data', name)}: {note}",)
    if task == "classification" and (same := target.alike(goal)):
        notes += (f"{option('data', name)}: {same}",)
    resolved = replace(settings, target=roles.target, task=task, split=_split(roles, task, settings.split))
    weighing = None if settings.weight is None else weights.read(frame[settings.weight], name)
    layout = folding.lay_out(frame, goal, resolved)
    if weighing is not None:
        weighing = weighing[layout.order]
        weights.check(weighing, layout, str(settings.weight), name)
    if resolved.split == "stratified" and (rare := folding.rare_classes(goal, layout, resolved.folds)):
        notes += (f"{option('data', name)}: {rare}",)
    groups = pd.factorize(frame[by])[0][layout.order] if roles.split == "group" else None
    described = dataset.describe(table, roles.target)
    writings = {column: writing.as_dict() for column, writing in table.writings.items()}
    features = frame[list(roles.features)]
    # From here on memory holds one table; two only while its rows are put in order.
    del table, frame
    columns.check_some(features, name)
    columns.check_finite(features, name)
    plain = columns.is_plain(features)
    shown = features.head(_SHOWN_ROWS).copy()
    described_columns = table_rows.columns_of(features, writings)
    if plain:
        # Not one by one out of the frame: that takes a time that grows by the square of their number.
        names, values = features.columns, [features[name].to_numpy() for name in features]
        del features
        block = blocks.block_of(values, single=single)[layout.order]
        laid_out = pd.DataFrame(block, columns=names, copy=False)
    else:
        laid_out = features.take(layout.order).reset_index(drop=True)
        del features
    blocks.give_back()
    goal = goal.take(layout.order).reset_index(drop=True)
    return Examples(
        asked=settings,
        resolved=resolved,
        features=laid_out,
        target=goal,
        layout=layout,
        plain=plain,
        single=single,
        shown=shown,
        columns=described_columns,
        dataset=described,
        folds=_digest(roles, layout, settings.weight),
        notes=notes,
        weights=weighing,
        groups=groups,
    )


def _agree(settings: TrainSettings, *others: TrainSettings) -> bool:
    """Tell whether each deciding setting is as in one of the others."""
    return all(getattr(settings, name) in [getattr(other, name) for other in others] for name in DECIDING)


def _digest(roles: columns.ColumnRoles, layout: splits.Layout, weight: str | None) -> str:
    weighed = () if weight is None else (weight,)
    digest = hashlib.sha256(repr((roles.target, roles.features, layout.held_out, layout.splits, *weighed)).encode())
    digest.update(np.ascontiguousarray(layout.order, dtype=np.int64).data)
    return digest.hexdigest()


def _read_marked(table: load.Table, roles: columns.ColumnRoles, settings: TrainSettings) -> Iterator[str]:
    """Turn columns of numbers in which a text stands for a missing one into numbers, in place; say so."""
    for name, writing in table.writings.items():
        if not writing.missing or name not in (roles.target, settings.weight, *roles.features):
            continue
        column = table.frame[name]
        if name == roles.target:
            table.frame[name] = target.numbers(column, writing, settings.task, settings.data)
        else:
            table.frame[name] = writing.read(column)
        if table.frame[name] is not column:
            marks = ", ".join(f"{text!r} in {int((column.str.strip() == text).sum())}" for text in writing.missing)
            yield (
                f"{option('data', settings.data)}: the column {name!r} holds numbers, but for {marks} of {len(column)} "
                "rows: taken for missing"
            )


def _labelled(table: load.Table, column: str, name: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the rows that have a target, and a note if others were left out."""
    frame = table.frame
    missing = int(frame[column].isna().sum())
    if missing == len(frame):
        raise WrongValue(
            f"{option('data', name)}: no row has a value in the target {column!r}; name another column with "
            f"{option('target')}"
        )
    if not missing:
        return frame, ()
    texts = ", ".join(f"{text!r} in {count}" for text, count in table.gaps.items() if text)
    note = f"{option('data', name)}: {missing} of {len(frame)} rows have no value in the target {column!r}"
    note += f" ({texts} of them): left out" if texts else ": left out"
    return frame[frame[column].notna()], (note,)


def _split(roles: columns.ColumnRoles, task: str, split: str) -> str:
    """Return the setting `split` without `auto`."""
    if roles.split == "auto":
        return "stratified" if task == "classification" else "random"
    if roles.split == "stratified" and task == "regression":
        raise WrongValue(
            f"{option('split', 'stratified')}: is for classes, and the target {roles.target!r} is a quantity; must be "
            "random, group:<column> or time:<column>"
        )
    return split
