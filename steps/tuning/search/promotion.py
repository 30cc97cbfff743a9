"""Successive halving with promotion: which configuration is evaluated next, and with how much of its budget.

Each configuration is evaluated with the least budget first. The best `1/factor` of those that have been evaluated so
far are promoted: evaluated with `factor` times as much, and so on up to the most. This is ASHA (Li et al., A System for
Massively Parallel Hyperparameter Tuning, 2020), made deterministic: when evaluation e is chosen, exactly the results of
the evaluations 0 … e - window are known, whatever has ended since. Once every configuration has been asked for, only
promotions go on, and where the known results allow none, one more result is waited for, in order.
"""

import re
from dataclasses import dataclass, field

from steps.errors import WrongValue
from steps.parameters.fidelity_settings import FORM, PATTERN
from steps.parameters.option import option


@dataclass(frozen=True)
class Fidelity:
    """A budget of which an evaluation gets a part: the parameter's name, the least, the most, the factor between."""

    name: str
    low: int
    high: int
    factor: int

    @property
    def budgets(self) -> list[int]:
        """Return the budget of each rung, the least first.

        >>> Fidelity("epochs", 10, 100, 3).budgets
        [10, 30, 100]
        """
        budgets = [self.low]
        while budgets[-1] * self.factor**2 <= self.high:
            budgets.append(budgets[-1] * self.factor)
        return [*budgets, self.high]


def read(text: str) -> Fidelity:
    """Read a fidelity. Raises WrongValue if it has another form, or leaves nothing to promote to."""
    match = re.fullmatch(PATTERN, text)
    if match is not None:
        fidelity = Fidelity(match["name"], int(match["low"]), int(match["high"]), int(match["factor"]))
        if 1 <= fidelity.low < fidelity.high and fidelity.factor >= 2:
            return fidelity
    raise WrongValue(
        f"{option('fidelity', text)}: must be {FORM}: whole numbers, min from 1, max above min, factor from 2"
    )


@dataclass(frozen=True)
class Evaluation:
    """An evaluation of a configuration on a rung, both by number from 0; `below` is that on the rung below, if any."""

    number: int
    rung: int
    below: int | None = None


@dataclass
class Ladder:
    """The evaluations of a study of so many `configurations`, on so many `rungs`; `sign` is 1 if more is better."""

    rungs: int
    factor: int
    sign: int
    window: int
    configurations: int
    evaluations: list[Evaluation] = field(default_factory=list)
    is_finished: bool = False
    _results: dict[int, float | None] = field(default_factory=dict)  # by evaluation; None: it failed
    _known: int = 0  # the results of so many evaluations, from the first on, are known
    _new: int = 0  # the configurations that have been asked for
    _next: Evaluation | None = None

    def __post_init__(self) -> None:
        self.scores: list[dict[int, float]] = [{} for _ in range(self.rungs)]  # of each rung those that are known
        self.failed: set[int] = set()
        self._promoted: list[dict[int, int]] = [{} for _ in range(self.rungs)]
        self._places: dict[tuple[int, int], int] = {}  # of the evaluations, by configuration and rung

    def settle(self, place: int, score: float | None) -> None:
        """Keep the result of an evaluation, None if it failed; it is known when its turn has come."""
        self._results[place] = score

    def next(self) -> Evaluation | None:
        """Return the next evaluation; None if results are waited for or, once `is_finished`, if there is none."""
        place = len(self.evaluations)
        while self._next is None and not self.is_finished:
            if self._known >= place - self.window + 1:
                self._next = self._promotion() or self._configuration()
                if self._next is None and self._known == place:
                    self._next = self._last_resort()
                    self.is_finished = self._next is None
                if self._next is not None or self.is_finished:
                    break
            if not self._learn():
                break
        return self._next

    def take(self) -> Evaluation:
        """Count the next evaluation as asked for, and return it."""
        evaluation = self.next()
        assert evaluation is not None, "results are waited for"
        if evaluation.below is None:
            self._new += 1
        else:
            self._promoted[evaluation.rung - 1][evaluation.number] = len(self.evaluations)
        self._places[evaluation.number, evaluation.rung] = len(self.evaluations)
        self.evaluations.append(evaluation)
        self._next = None
        return evaluation

    def _learn(self) -> bool:
        """Take in the result of one evaluation more; tell whether it is there."""
        if self._known not in self._results:
            return False
        evaluation, score = self.evaluations[self._known], self._results[self._known]
        if score is None:
            self.failed.add(evaluation.number)
        else:
            self.scores[evaluation.rung][evaluation.number] = score
        self._known += 1
        return True

    def _promotion(self) -> Evaluation | None:
        """Return the best configuration that may be promoted, of the highest rung that has one; ties by number."""
        for rung in reversed(range(self.rungs - 1)):
            for number in self._ranked(rung)[: len(self.scores[rung]) // self.factor]:
                if number not in self._promoted[rung]:
                    return self._promote(number, rung)
        return None

    def _configuration(self) -> Evaluation | None:
        return Evaluation(self._new, 0) if self._new < self.configurations else None

    def _last_resort(self) -> Evaluation | None:
        """Return the best of the highest rung that was reached, so that one configuration gets the whole budget."""
        if self.scores[-1]:
            return None
        for rung in reversed(range(self.rungs - 1)):
            for number in self._ranked(rung):
                if number not in self._promoted[rung]:
                    return self._promote(number, rung)
        return None

    def _promote(self, number: int, rung: int) -> Evaluation:
        return Evaluation(number, rung + 1, self._places[number, rung])

    def _ranked(self, rung: int) -> list[int]:
        scores = self.scores[rung]
        return sorted(scores, key=lambda number: (-self.sign * scores[number], number))
