"""How the next trial is chosen: Optuna's samplers, made so that what trial n draws depends on (seed, n) alone."""

import importlib.util
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, QMCSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial

from steps.errors import WrongValue
from steps.tuning.space import Space

# A grid of more points is not listed: no study could end it.
MOST_POINTS = 1_000_000
# Of the trials on record of a study that goes on, those that are drawn again: so many first ones, then each so manieth.
_DRAWN_AGAIN = 24
_SAMPLED = 32


@dataclass(frozen=True)
class SamplerKind:
    """A sampler's name in Optuna's terms: how it is made, and what it can't do.

    `fresh`: a new one for each ask. One that lives on would draw by the order of calls; but a point of a sequence is
    found by its number, so that sampler keeps the study's one seed. `notes`: a draw leaves notes in Optuna's study that
    later draws build on, so a study that goes on has to make each again.
    """

    make: Callable[[Space, int], BaseSampler]
    fresh: bool = True
    notes: bool = False
    conditional: bool = True
    several_objectives: bool = True
    numbers: int = 0  # how many numerical parameters it needs
    package: str | None = None  # what has to be installed beside Optuna


def _tpe(space: Space, seed: int) -> BaseSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # `group`; it has been one since Optuna 2.8
        return TPESampler(seed=seed, multivariate=True, group=space.conditional)


def _cmaes(_space: Space, seed: int) -> BaseSampler:
    return CmaEsSampler(seed=seed, warn_independent_sampling=False)


def _gp(_space: Space, seed: int) -> BaseSampler:
    return GPSampler(seed=seed, warn_independent_sampling=False)


class _Points(QMCSampler):
    """Optuna's QMC over the whole space from the first trial on; Optuna's own looks for the space in past trials.

    The point has a coordinate for each parameter, and a trial takes those of its branch: so conditions do no harm.
    """

    def __init__(self, space: Space, seed: int):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            super().__init__(scramble=True, seed=seed, warn_independent_sampling=False)
        self._space = dict(space.distributions)

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return self._space


KINDS = {
    "tpe": SamplerKind(_tpe),
    "random": SamplerKind(lambda _, seed: RandomSampler(seed=seed)),
    "qmc": SamplerKind(_Points, fresh=False, notes=True),
    "grid": SamplerKind(lambda _, seed: RandomSampler(seed=seed)),  # for what a `try` leaves open; see Sampler
    "cmaes": SamplerKind(_cmaes, notes=True, conditional=False, several_objectives=False, numbers=2, package="cmaes"),
    "gp": SamplerKind(_gp, conditional=False, numbers=1, package="torch"),
}


def check_installed(name: str) -> None:
    """Raise WrongValue for a sampler whose package is not there."""
    package = KINDS[name].package
    if package is not None and importlib.util.find_spec(package) is None:
        raise WrongValue(f"--sampler {name!r}: needs the package {package}: add it to conda.yaml and install it")


def check(name: str, space: Space, objectives: int = 1) -> None:
    """Raise WrongValue, before anything starts, for a sampler that can't search this space."""
    kind, problems = KINDS[name], []
    if space.conditional and not kind.conditional:
        problems.append("can't search a space with conditions or several estimators; tpe, random, qmc and grid can")
    if objectives > 1 and not kind.several_objectives:
        problems.append("can't search for several objectives; tpe, random, qmc, grid and gp can")
    numbers = [d for d in space.distributions.values() if not isinstance(d, CategoricalDistribution)]
    if len(numbers) < kind.numbers:
        problems.append(f"needs at least {kind.numbers} numerical parameters, this space has {len(numbers)}")
    if name == "grid" and (space.size is None or space.size > MOST_POINTS):
        size = "without end: give each float a `step`" if space.size is None else f"of {space.size} points"
        problems.append(f"can't walk through a space {size}; at most {MOST_POINTS} points")
    if problems:
        raise WrongValue(*(f"--sampler {name!r}: {problem}" for problem in problems))


class Sampler:
    """Asks a study for its next trial; `size` is the number of trials after which there are no more, None without end.

    The points in `space.tries` come first.
    """

    def __init__(self, name: str, space: Space, seed: int):
        self._kind, self._space, self._seed = KINDS[name], space, seed
        self._points: list[dict[str, Any]] = list(space.tries)
        self.size: int | None = None
        if name == "grid":
            points = list(space.points())
            order = np.random.default_rng(seed).permutation(len(points))
            # One order for the whole study, its corners mixed: a study that ends early has seen a bit of everything.
            self._points += [points[place] for place in order]
            self.size = len(self._points)
        self.reads_notes = self._kind.notes
        self._standing = None if self._kind.fresh else self._kind.make(space, seed)

    def ask(self, study: optuna.Study, number: int, known: Mapping[str, Any] | None = None) -> optuna.Trial:
        """Ask the study for trial `number`, all its parameters drawn; it must be the next one.

        Where its parameters are on record, and are `known`, they need not be drawn, which would take seconds for a
        thousand trials; but a sample is: of a study that would now go on otherwise, nobody should hear too late.
        """
        if known is not None and not self._kind.notes and number >= _DRAWN_AGAIN and number % _SAMPLED:
            study.sampler = RandomSampler(seed=0)  # which has nothing to draw
            study.enqueue_trial(dict(known))
            return self._suggest(study)
        study.sampler = self._standing or self._kind.make(self._space, _seed(self._seed, number))
        if number < len(self._points):
            study.enqueue_trial(self._points[number])
        return self._suggest(study)

    def _suggest(self, study: optuna.Study) -> optuna.Trial:
        if not self._space.conditional:
            return study.ask(fixed_distributions=dict(self._space.distributions))
        trial = study.ask()
        self._space.suggest(trial)
        return trial


def _seed(seed: int, number: int) -> int:
    # Study-wide, it would repeat its draws after a resume.
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
