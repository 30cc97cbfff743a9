"""An axis of parallel coordinates: where on it a value is, and its ticks. Pure."""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

_MOST_TICKS = 5
_ROUND = (1.0, 2.0, 5.0, 10.0)
# The digits of ticks: the fewest that tell them apart.
_DIGITS = (6, 9, 12)
# Between numbers that are closer, by their size, ticks of twelve digits would be the same.
_FINEST = 1e-11


@dataclass(frozen=True)
class Axis:
    """An axis with its name; `place` returns for a value where it is, from 0 to 1; `ticks` are places and texts."""

    name: str
    place: Callable[[Any], float]
    ticks: Sequence[tuple[float, str]]


def of_hyperparameter(name: str, searched: BaseDistribution) -> Axis:
    """Return the axis of what is searched: its whole range, logarithmic if the search is."""
    if isinstance(searched, CategoricalDistribution):
        choices = [str(choice) for choice in searched.choices]
        places = {choice: (index + 0.5) / len(choices) for index, choice in enumerate(choices)}
        return Axis(name, lambda value: places[str(value)], [(place, choice) for choice, place in places.items()])
    assert isinstance(searched, IntDistribution | FloatDistribution)
    return of_numbers(name, searched.low, searched.high, log=searched.log)


def of_numbers(name: str, low: float, high: float, *, log: bool = False) -> Axis:
    """Return the axis of numbers between two; others are drawn at its ends."""
    # Half of each number where the whole span is no float.
    scale: Callable[[float], float] = math.log10 if log else float if math.isfinite(high - low) else _half
    start, span = scale(low), scale(high) - scale(low)

    def place(value: float) -> float:
        return 0.5 if span == 0 else min(1.0, max(0.0, (scale(value) - start) / span))

    numbers = _log_ticks(low, high) if log else _ticks(low, high)
    digits = next((some for some in _DIGITS if len({f"{number:.{some}g}" for number in numbers}) == len(numbers)), 17)
    return Axis(name, place, [(place(number), f"{number:.{digits}g}") for number in numbers])


def _half(value: float) -> float:
    return value / 2


def _ticks(low: float, high: float) -> list[float]:
    """Return a few round numbers between two.

    >>> _ticks(3, 20)
    [5.0, 10.0, 15.0, 20.0]
    """
    if high <= low:
        return [low]
    rough = high / _MOST_TICKS - low / _MOST_TICKS
    if rough < sys.float_info.min or rough < _FINEST * max(abs(low), abs(high)):  # no float is rounder than the ends
        return [low, high]
    power = _power_of_ten(math.floor(math.log10(rough)))
    step = next(step * power for step in _ROUND if step * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [float(f"{number * step:.12g}") for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    """Return a few powers of ten between two numbers or, within two decades, round multiples of them.

    >>> _log_ticks(0.01, 1000)
    [0.01, 1.0, 100.0]
    >>> _log_ticks(4, 64)
    [5.0, 10.0, 20.0, 50.0]
    """
    if high <= low:
        return [low]
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    every = [ten for power in powers if 0 < (ten := _power_of_ten(power)) < math.inf]
    tens = [ten for ten in every if low * (1 - 1e-9) <= ten <= high * (1 + 1e-9)]
    if len(tens) >= 3:
        return tens[:: math.ceil(len(tens) / _MOST_TICKS)]
    multiples = [step * ten for ten in every for step in (1, 2, 5)]
    inside = [float(f"{number:.6g}") for number in multiples if low <= number <= high]
    return inside[:: math.ceil(len(inside) / _MOST_TICKS)] if len(inside) > 1 else [low, high]


def _power_of_ten(power: int) -> float:
    """Return it as `10.0**power` does, without its error where that is more than a float."""
    return float(f"1e{power}")
