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
from steps.parameters.option import option
from steps.tuning.space import Space, size

# A larger grid is refused: its points are listed beforehand, and no study could finish it.
MOST_POINTS = 1_000_000
# On resume, redraw the first 24 recorded trials, then every 32nd, and beyond 1,024 every 512th: the more trials tpe
# knows, the longer a draw takes.
_REDRAWN_FIRST = 24
_REDRAWN_EVERY, _REDRAWN_SELDOM, _MANY = 32, 512, 1024


@dataclass(frozen=True)
class SamplerKind:
    """What stands behind a sampler's name: how it is made, and what it can't do.

    `fresh`: a new sampler is made for each ask, because a kept one would draw by the order of the calls. QMC finds its
    points by their number, so it is kept, with the study's one seed. `notes`: later draws build on notes that earlier
    ones leave in Optuna's study, so a resumed study has to make every draw again.
    """

    make: Callable[[Space, int], BaseSampler]
    fresh: bool = True
    notes: bool = False
    conditional: bool = True
    several_objectives: bool = True
    constraints: bool = True
    numbers: int = 0  # the least number of numerical parameters
    package: str | None = None  # what must be installed beside Optuna


def _tpe(space: Space, seed: int) -> BaseSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # `group` has been experimental since Optuna 2.8
        return TPESampler(seed=seed, multivariate=True, group=space.conditional)


def _cmaes(_space: Space, seed: int) -> BaseSampler:
    return CmaEsSampler(seed=seed, warn_independent_sampling=False)


def _gp(_space: Space, seed: int) -> BaseSampler:
    return GPSampler(seed=seed, warn_independent_sampling=False)


class _Points(QMCSampler):
    """Optuna's QMC, over the whole space from the first trial on; as it is, it infers the space from past trials.

    A point has a coordinate for every parameter, and a trial takes those of its branch. So conditions do no harm.
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
    "grid": SamplerKind(lambda _, seed: RandomSampler(seed=seed)),  # draws what a `try` leaves open; see Sampler
    "cmaes": SamplerKind(
        _cmaes, notes=True, conditional=False, several_objectives=False, constraints=False, numbers=2, package="cmaes"
    ),
    "gp": SamplerKind(_gp, conditional=False, numbers=1, package="torch"),
}


def check_installed(name: str) -> None:
    """Raise WrongValue for a sampler whose package is not installed."""
    package = KINDS[name].package
    if package is not None and importlib.util.find_spec(package) is None:
        raise WrongValue(f"{option('sampler', name)}: needs the package {package}: add it to conda.yaml and install it")


def check(name: str, space: Space, objectives: int = 1, *, constrained: bool = False) -> None:
    """Raise WrongValue for a sampler that can't search this space; called before anything starts."""
    kind, problems = KINDS[name], []
    if space.conditional and not kind.conditional:
        problems.append("can't search a space with conditions or several estimators; tpe, random, qmc and grid can")
    if objectives > 1 and not kind.several_objectives:
        problems.append("can't search for several objectives; tpe, random, qmc, grid and gp can")
    if constrained and not kind.constraints:
        problems.append("takes no notice of constraints; tpe and gp search by them, random, qmc and grid go anywhere")
    numbers = [d for d in space.distributions.values() if not isinstance(d, CategoricalDistribution)]
    if len(numbers) < kind.numbers:
        problems.append(f"needs at least {kind.numbers} numerical parameters, this space has {len(numbers)}")
    points = space.size if name == "grid" else 0
    if points is None or points > MOST_POINTS:
        of = "without end: give each float a `step`" if points is None else f"of {size.text(points)} points"
        problems.append(f"can't walk through a space {of}; at most {MOST_POINTS} points")
    if problems:
        raise WrongValue(*(f"{option('sampler', name)}: {problem}" for problem in problems))


class Sampler:
    """Asks a study for its next trial; `size` is the number of trials it has, None for no limit.

    The points in `space.tries` come first. `reads_notes`: see `SamplerKind.notes`.
    """

    def __init__(self, name: str, space: Space, seed: int):
        self._kind, self._space, self._seed = KINDS[name], space, seed
        self._points: list[dict[str, Any]] = list(space.tries)
        self.size: int | None = None
        if name == "grid":
            points = list(space.points())
            order = np.random.default_rng(seed).permutation(len(points))
            # One shuffled order for the whole study, so that a study that ends early has seen all regions.
            self._points += [points[place] for place in order]
            self.size = len(self._points)
        self.reads_notes = self._kind.notes
        self._kept = None if self._kind.fresh else self._kind.make(space, seed)

    def redraws(self, number: int) -> bool:
        """Tell whether a trial whose parameters are on record is drawn again."""
        every = _REDRAWN_EVERY if number <= _MANY else _REDRAWN_SELDOM
        return self._kind.notes or number < _REDRAWN_FIRST or number % every == 0

    def ask(self, study: optuna.Study, number: int, recorded: Mapping[str, Any] | None = None) -> optuna.Trial:
        """Ask the study for trial `number`, which must be its next one, with all parameters.

        `recorded` are its parameters if they are on record. Most of these are taken as they are: to draw a thousand
        trials again takes seconds. A sample is redrawn, so a study that no longer reproduces is refused early.
        """
        if recorded is not None and not self.redraws(number):
            study.sampler = RandomSampler(seed=0)  # nothing is left to draw
            study.enqueue_trial(dict(recorded))
            return self._suggest(study)
        study.sampler = self._kept or self._kind.make(self._space, _seed(self._seed, number))
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
    # With one seed for the study, a resumed one would repeat its first draws.
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
