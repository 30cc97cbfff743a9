"""How much a score falls when the values of a column are shuffled: permutation importances, within some seconds."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from steps.training.model import columns_apart
from steps.training.scores import held_out, scorers
from steps.training.scores.held_out import Answers

# How often each column is shuffled if there is time, and of how many rows.
REPEATS, _ROWS = 5, 10_000
# Columns are shuffled together, each in rows of its own, as long as there are no more rows: a forest takes as long for
# 50 rows as for 2,000.
_ROWS_AT_ONCE = 2_000
# The seconds that it may take, unless a study has more time.
BUDGET_S = 10.0


@dataclass(frozen=True)
class Importances:
    """The loss of the score by column: `losses` has a row for each repeat, and a value for each of the `columns`.

    If the time was over before every column had been shuffled once, `columns` are those that were, of `all_columns`.
    """

    columns: list[str]
    losses: np.ndarray
    all_columns: int
    seconds: float

    def table(self) -> pd.DataFrame:
        """Return mean and standard deviation over the repeats by column, the greatest loss first."""
        mean, std = self.losses.mean(axis=0), self.losses.std(axis=0)
        return pd.DataFrame({"feature": self.columns, "importance": mean, "std": std}).sort_values(
            "importance", ascending=False, kind="stable"
        )

    def __str__(self) -> str:
        if len(self.columns) < self.all_columns:
            done = f"{len(self.columns)} of {self.all_columns} columns, once"
        else:
            done = f"{len(self.losses)} of {REPEATS} repeats"
            if len(self.losses) == REPEATS:
                return done
        return f"{done}: the time for them was over after {self.seconds:.1f} s"


def measure(
    fitted: Any,
    features: pd.DataFrame,
    target: np.ndarray,
    metric: str,
    seed: int,
    budget_s: float,
    clock: Callable[[], float] = time.perf_counter,
    *,
    weights: np.ndarray | None = None,
    positive: object = None,
) -> Importances:
    """Shuffle each column of held-out rows, as often as `budget_s` seconds allow (Breiman, Random Forests, 2001).

    A repeat that would not be whole is left out; of the first one, those columns that are not reached, which is at
    least one. How a column is shuffled depends on `seed`, the repeat and its place alone. The rows are prepared once
    where that is the same, see `columns_apart.split`. `weights` are the rows' sample weights,
    `positive` is the class that the metric is about, if it is about one.
    """
    began = clock()
    rows = np.sort(np.random.default_rng(seed).permutation(len(features))[:_ROWS])
    model, table, outputs = columns_apart.split(fitted, features.iloc[rows])
    scorer, count = scorers.get(metric, positive), len(rows)
    of_rows = None if weights is None else weights[rows]
    whole = held_out.score(scorer, Answers(model, table), target[rows], weights=of_rows)
    at_once = max(1, _ROWS_AT_ONCE // count)
    targets = np.tile(target[rows], at_once)
    weighing = None if of_rows is None else np.tile(of_rows, at_once)

    def losses(repeat: int, columns: Sequence[int]) -> list[float]:
        orders = [np.random.default_rng((seed, repeat, column)).permutation(count) for column in columns]
        answers = Answers(model, columns_apart.reordered(table, [outputs[column] for column in columns], orders))
        blocks = (np.arange(count) + block * count for block in range(len(columns)))
        return [whole - held_out.score(scorer, answers, targets, block, weighing) for block in blocks]

    batches = [range(at, min(at + at_once, len(outputs))) for at in range(0, len(outputs), at_once)]
    done = _within(began + budget_s, losses, batches, clock)
    names = [str(name) for name in features.columns[: done.shape[1]]]
    return Importances(names, done, len(outputs), clock() - began)


def _within(
    deadline: float,
    losses: Callable[[int, Sequence[int]], list[float]],
    batches: Sequence[Sequence[int]],
    clock: Callable[[], float],
) -> np.ndarray:
    """Return the losses of as many whole repeats as there is time for; of the first, those that are reached."""
    began = clock()
    repeats: list[list[float]] = []
    while len(repeats) < REPEATS:
        if repeats and clock() + (clock() - began) / len(repeats) > deadline:
            break
        of_repeat: list[float] = []
        for batch in batches:
            if of_repeat and not repeats and clock() > deadline:
                return np.array([of_repeat])
            of_repeat += losses(len(repeats), batch)
        repeats.append(of_repeat)
    return np.array(repeats)
