"""A fitted pipeline's preparation of a table: done once where each column is prepared by itself."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from steps.training.model import column_names

# Each column of what these make comes of the column at the same place, row by row.
_ONE_TO_ONE = (MaxAbsScaler, MinMaxScaler, PowerTransformer, QuantileTransformer, RobustScaler, StandardScaler)
_FUNCTIONS = (np.array, column_names.numbered)


def split(fitted: Any, features: pd.DataFrame) -> tuple[Any, Any, list[list[int]]]:
    """Prepare a table by the first steps of a fitted pipeline, as far as each column is prepared by itself.

    Return the rest of the pipeline, what it is given, and for each column of `features` the places of those that come
    of it there. To reorder the rows of these is then the same as to reorder those of the column.
    """
    steps, table = _steps(fitted), features
    outputs = [[place] for place in range(features.shape[1])]
    while len(steps) > 1 and (made := _outputs(steps[0], table)) is not None:
        prepared = steps[0].transform(table)
        if not isinstance(prepared, pd.DataFrame | np.ndarray) or prepared.shape[1] != sum(map(len, made)):
            break
        steps, table = steps[1:], prepared
        outputs = [[place for before in places for place in made[before]] for places in outputs]
    return steps[0] if len(steps) == 1 else make_pipeline(*steps), table, outputs


def reordered(table: Any, columns: Sequence[Sequence[int]], orders: Sequence[np.ndarray]) -> Any:
    """Return a table several times, one below the other; each time the rows of some columns have another order.

    `columns` has their places, each time others, and `orders` a permutation of the rows.
    """
    count, times = len(table), len(orders)
    if isinstance(table, pd.DataFrame):
        kinds = table.dtypes.unique()
        if len(kinds) == 1 and isinstance(kinds[0], np.dtype):  # a hundred times faster if there are many columns
            return pd.DataFrame(reordered(table.to_numpy(), columns, orders), columns=table.columns)
        changed = table.take(np.tile(np.arange(count), times)).reset_index(drop=True)
        for number, (places, order) in enumerate(zip(columns, orders, strict=True)):
            rows = np.arange(count * times)
            rows[number * count : (number + 1) * count] = number * count + order
            for place in places:
                changed.isetitem(place, changed.iloc[:, place].array.take(rows))
        return changed
    changed = np.tile(table, (times, 1))
    for number, (of_time, order) in enumerate(zip(columns, orders, strict=True)):
        its = np.array(of_time, dtype=np.intp)
        changed[np.ix_(number * count + np.arange(count), its)] = table[np.ix_(order, its)]
    return changed


def _steps(fitted: Any) -> list[Any]:
    """Return the steps of a pipeline, and of a pipeline that is its last step; an estimator is its own only one."""
    if not isinstance(fitted, Pipeline):
        return [fitted]
    steps = [step for _, step in fitted.steps if step not in (None, "passthrough")]
    return [*steps[:-1], *_steps(steps[-1])]


def _outputs(step: Any, table: Any) -> list[list[int]] | None:
    """Return for each column of a table the places of what a step makes of it; None if columns may be mixed."""
    kind, places = type(step), [[place] for place in range(table.shape[1])]
    if kind in _ONE_TO_ONE or (kind is FunctionTransformer and any(step.func is each for each in _FUNCTIONS)):
        return places
    if kind is SimpleImputer:
        if step.add_indicator:
            for number, place in enumerate(step.indicator_.features_):
                places[place].append(len(places) + number)
        return places
    if kind.__module__.partition(".")[0] != "skrub":  # which need not have been imported
        return None
    if kind.__name__ == "SquashingScaler":
        return places
    if kind.__name__ == "TableVectorizer":
        numbers = {name: number for number, name in enumerate(step.all_outputs_)}
        made = [step.input_to_outputs_.get(name, []) for name in step.feature_names_in_]
        return [[numbers[name] for name in names if name in numbers] for names in made]  # others were dropped
    return None
