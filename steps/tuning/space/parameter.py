"""A hyperparameter of a search space: searched by Optuna, or fixed."""

import math
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from optuna import Trial
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from steps.parameters.values import decode, encode
from steps.tuning.space.document import shorten


@dataclass(frozen=True)
class FixedParameter:
    """A hyperparameter that has the same value in every trial."""

    value: Any

    def text(self) -> str:
        """Say what it is fixed at."""
        return f"always {word(self.value)}"

    def rejects(self, value: object) -> str | None:
        """Say what is wrong with a value for this hyperparameter; None if nothing is."""
        same = _is_one_of(value, [word(self.value)])
        return None if same else f"is fixed at {self.value!r}, got {shorten(repr(value))}"


@dataclass(frozen=True)
class SearchedParameter:
    """A hyperparameter that is searched: `name` is Optuna's name for it.

    `when` has, by Optuna's name of a categorical, the choices under which this one is active; all must hold.
    A categorical's choices are known to Optuna by their words (see `steps.parameters.values`): it takes 1, 1.0 and
    True for the same, and no lists.
    """

    name: str
    distribution: BaseDistribution
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def text(self) -> str:
        """Say what it is searched in, and where.

        >>> SearchedParameter("x", FloatDistribution(0.1, 10, log=True), {"kind": ("a", "b")}).text()
        'a number from 0.1 to 10.0, log, where kind is a or b'
        """
        found = self.distribution
        if isinstance(found, CategoricalDistribution):
            said = f"one of {', '.join(map(str, found.choices))}"
        else:
            assert isinstance(found, IntDistribution | FloatDistribution)
            whole = isinstance(found, IntDistribution)
            said = f"a {'whole ' if whole else ''}number from {found.low} to {found.high}"
            said += f", step {found.step}" if found.step not in (None, 1 if whole else None) else ""
            said += ", log" if found.log else ""
        where = " and ".join(f"{name} is {' or '.join(words)}" for name, words in self.when.items())
        return f"{said}, where {where}" if where else said

    def is_active(self, params: Mapping[str, Any]) -> bool:
        """Tell whether the conditions hold, given Optuna's values of the parameters above."""
        return all(params.get(name) in words for name, words in self.when.items())

    def suggest(self, trial: Trial) -> Any:
        """Have Optuna suggest a value."""
        found = self.distribution
        if isinstance(found, IntDistribution):
            return trial.suggest_int(self.name, found.low, found.high, step=found.step, log=found.log)
        if isinstance(found, FloatDistribution):
            return trial.suggest_float(self.name, found.low, found.high, step=found.step, log=found.log)
        assert isinstance(found, CategoricalDistribution)
        return trial.suggest_categorical(self.name, found.choices)

    def value(self, suggested: Any) -> Any:
        """Turn what Optuna suggested into the hyperparameter's value."""
        return decode(suggested) if isinstance(self.distribution, CategoricalDistribution) else suggested

    def suggested(self, value: Any) -> Any:
        """Turn a value that is not rejected into what Optuna suggests for it."""
        if isinstance(self.distribution, CategoricalDistribution):
            return word(value)
        return float(value) if isinstance(self.distribution, FloatDistribution) else value

    def rejects(self, value: object) -> str | None:
        """Say what is wrong with a value for this hyperparameter; None if nothing is."""
        found, got = self.distribution, shorten(repr(value))
        if isinstance(found, CategoricalDistribution):
            words = [str(choice) for choice in found.choices]
            return None if _is_one_of(value, words) else f"must be one of {', '.join(words)}, got {got}"
        assert isinstance(found, IntDistribution | FloatDistribution)
        kind, types = ("a whole number", int) if isinstance(found, IntDistribution) else ("a number", (int, float))
        if not isinstance(value, types) or isinstance(value, bool) or not found.low <= value <= found.high:
            return f"must be {kind} from {found.low} to {found.high}, got {got}"
        steps = 0 if found.step is None else (value - found.low) / found.step
        # Optuna adds steps up in floats: its own 0.30000000000000004 is a multiple of 0.1.
        if not math.isclose(steps, round(steps), abs_tol=1e-8):
            return f"must be {found.low} plus a multiple of {found.step}, got {got}"
        return None

    def size(self) -> int | None:
        """Return how many values there are; None if there is no end to them."""
        found = self.distribution
        if isinstance(found, CategoricalDistribution):
            return len(found.choices)
        assert isinstance(found, IntDistribution | FloatDistribution)
        if found.step is None:
            return 1 if found.low == found.high else None
        return int((Fraction(str(found.high)) - Fraction(str(found.low))) / Fraction(str(found.step))) + 1

    def values(self) -> Iterator[Any]:
        """Yield all values as Optuna suggests them, in their order; only where `size` is a number."""
        found = self.distribution
        if isinstance(found, CategoricalDistribution):
            yield from found.choices
            return
        assert isinstance(found, IntDistribution | FloatDistribution)
        kind = int if isinstance(found, IntDistribution) else float
        low, step = Fraction(str(found.low)), Fraction(str(found.step or 0))
        yield from (kind(low + step * number) for number in range(self.size() or 0))


def word(value: object) -> str:
    """Write a value so that two are written alike only where they are the same; a list is a tuple, as in JSON."""
    return encode(_tuples(value))


def _is_one_of(value: object, words: Container[str]) -> bool:
    try:
        return word(value) in words
    except TypeError:  # no literal, as nan is none
        return False


def divides(step: float | None, low: float | None, high: float | None) -> bool:
    """Tell whether steps lead from low to high; in the numbers as written, since 0.1 is no exact float."""
    return ((Fraction(str(high)) - Fraction(str(low))) / Fraction(str(step))).denominator == 1


def _tuples(value: object) -> object:
    return tuple(_tuples(inner) for inner in value) if isinstance(value, list | tuple) else value
