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

    @property
    def choices(self) -> list[Any]:
        """Return its value, the only one."""
        return [self.value]

    def text(self) -> str:
        """Describe it for people."""
        return f"always {word(self.value)}"

    def rejects(self, value: object) -> str | None:
        """Return why a value is not allowed for this hyperparameter; None if it is."""
        same = _is_one_of(value, [word(self.value)])
        return None if same else f"is fixed at {self.value!r}, got {shorten(repr(value))}"


@dataclass(frozen=True)
class SearchedParameter:
    """A hyperparameter that is searched: `name` is Optuna's name for it.

    `when` maps Optuna's names of categoricals to the choices under which this one is active; all must hold.
    Optuna gets a categorical's choices as words (see `steps.parameters.values`), since it takes 1, 1.0 and True for the
    same choice, and no lists.
    """

    name: str
    distribution: BaseDistribution
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def choices(self) -> list[Any]:
        """Return the values that it may have; none if it is a number in a range."""
        return list(map(self.value, getattr(self.distribution, "choices", ())))

    def text(self) -> str:
        """Describe for people what it is searched in, and under which conditions.

        >>> SearchedParameter("x", FloatDistribution(0.1, 10, log=True), {"kind": ("a", "b")}).text()
        'a number from 0.1 to 10.0, log, where kind is a or b'
        """
        searched = self.distribution
        if isinstance(searched, CategoricalDistribution):
            text = f"one of {', '.join(map(str, searched.choices))}"
        else:
            assert isinstance(searched, IntDistribution | FloatDistribution)
            whole = isinstance(searched, IntDistribution)
            text = f"a {'whole ' if whole else ''}number from {searched.low} to {searched.high}"
            text += f", step {searched.step}" if searched.step not in (None, 1 if whole else None) else ""
            text += ", log" if searched.log else ""
        where = " and ".join(f"{name} is {' or '.join(words)}" for name, words in self.when.items())
        return f"{text}, where {where}" if where else text

    def is_active(self, params: Mapping[str, Any]) -> bool:
        """Tell whether the conditions hold, given Optuna's values of the parameters above."""
        return all(params.get(name) in words for name, words in self.when.items())

    def suggest(self, trial: Trial) -> Any:
        """Have Optuna suggest a value."""
        searched = self.distribution
        if isinstance(searched, IntDistribution):
            return trial.suggest_int(self.name, searched.low, searched.high, step=searched.step, log=searched.log)
        if isinstance(searched, FloatDistribution):
            return trial.suggest_float(self.name, searched.low, searched.high, step=searched.step, log=searched.log)
        assert isinstance(searched, CategoricalDistribution)
        return trial.suggest_categorical(self.name, searched.choices)

    def value(self, suggested: Any) -> Any:
        """Turn what Optuna suggested into the hyperparameter's value."""
        return decode(suggested) if isinstance(self.distribution, CategoricalDistribution) else suggested

    def suggested(self, value: Any) -> Any:
        """Turn a value that is not rejected into what Optuna suggests for it."""
        if isinstance(self.distribution, CategoricalDistribution):
            return word(value)
        return float(value) if isinstance(self.distribution, FloatDistribution) else value

    def rejects(self, value: object) -> str | None:
        """Return why a value is not allowed for this hyperparameter; None if it is."""
        searched, got = self.distribution, shorten(repr(value))
        if isinstance(searched, CategoricalDistribution):
            words = [str(choice) for choice in searched.choices]
            return None if _is_one_of(value, words) else f"must be one of {', '.join(words)}, got {got}"
        assert isinstance(searched, IntDistribution | FloatDistribution)
        kind, types = ("a whole number", int) if isinstance(searched, IntDistribution) else ("a number", (int, float))
        if not isinstance(value, types) or isinstance(value, bool) or not searched.low <= value <= searched.high:
            return f"must be {kind} from {searched.low} to {searched.high}, got {got}"
        steps = 0 if searched.step is None else (value - searched.low) / searched.step
        # Optuna adds steps up in floats: its own 0.30000000000000004 is a multiple of 0.1.
        if not math.isclose(steps, round(steps), abs_tol=1e-8):
            return f"must be {searched.low} plus a multiple of {searched.step}, got {got}"
        return None

    def size(self) -> int | None:
        """Return the number of values; None if they are unlimited."""
        searched = self.distribution
        if isinstance(searched, CategoricalDistribution):
            return len(searched.choices)
        assert isinstance(searched, IntDistribution | FloatDistribution)
        if searched.step is None:
            return 1 if searched.low == searched.high else None
        return int((Fraction(str(searched.high)) - Fraction(str(searched.low))) / Fraction(str(searched.step))) + 1

    def values(self) -> Iterator[Any]:
        """Yield all values as Optuna suggests them, in their order; call only if `size` is a number."""
        searched = self.distribution
        if isinstance(searched, CategoricalDistribution):
            yield from searched.choices
            return
        assert isinstance(searched, IntDistribution | FloatDistribution)
        kind = int if isinstance(searched, IntDistribution) else float
        low, step = Fraction(str(searched.low)), Fraction(str(searched.step or 0))
        yield from (kind(low + step * number) for number in range(self.size() or 0))


def word(value: object) -> str:
    """Write a value so that only equal values are written alike; a list is written as a tuple, as in JSON."""
    return encode(_tuples(value))


def _is_one_of(value: object, words: Container[str]) -> bool:
    try:
        return word(value) in words
    except TypeError:  # nan, for one, is no literal
        return False


def divides(step: float | None, low: float | None, high: float | None) -> bool:
    """Tell whether steps lead from low to high, counted in the numbers as written: 0.1 is no exact float."""
    return ((Fraction(str(high)) - Fraction(str(low))) / Fraction(str(step))).denominator == 1


def _tuples(value: object) -> object:
    return tuple(_tuples(inner) for inner in value) if isinstance(value, list | tuple) else value
