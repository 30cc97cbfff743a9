"""Long names of classes and features: an axis, a legend and a text show a part of each, a tooltip all of it."""

import itertools
import json
from collections.abc import Sequence

from steps.tuning.report.charts import reserved

_LETTERS, _ON_A_PHONE = 24, 14
_NARROW = 480  # of a chart, in pixels


def axis_expr(names: Sequence[str]) -> str:
    """Return the expression in Vega's language by which an axis shows names; on a phone they are shorter."""
    narrow, wide = _map(names, _ON_A_PHONE), _map(names, _LETTERS)
    return f"(containerSize()[0] < {_NARROW} ? {narrow} : {wide})[datum.label]"


def legend_expr(names: Sequence[str]) -> str:
    """Return the expression in Vega's language by which a legend shows names."""
    return f"({_map(names, _LETTERS)})[datum.label]"


def _map(names: Sequence[str], letters: int) -> str:
    shown = map(reserved.spared, shortened(names, letters))
    return json.dumps(dict(zip(map(reserved.spared, names), shown, strict=True)), ensure_ascii=False)


def shortened(names: Sequence[str], letters: int = _LETTERS) -> list[str]:
    """Return names of so many letters at most, cut where all stay apart: in the middle, at the end or at the start.

    >>> shortened(["iris", "the name of a class no. 12"]), shortened(["class 12 of many", "class 13 of many"], 12)
    (['iris', 'the name of…class no. 12'], ['class 12 of…', 'class 13 of…'])
    """
    half = letters // 2
    ways = [
        [name if len(name) <= letters else f"{name[: half - 1]}…{name[-half:]}" for name in names],
        [name if len(name) <= letters else f"{name[: letters - 1]}…" for name in names],
        [name if len(name) <= letters else f"…{name[1 - letters :]}" for name in names],
    ]
    shown: dict[str, None] = {}
    for name in max(ways, key=lambda way: len(set(way))):
        others = (f"{name} ({number})" for number in itertools.count(2))
        shown[next(each for each in itertools.chain([name], others) if each not in shown)] = None
    return list(shown)
