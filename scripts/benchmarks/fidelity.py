"""What successive halving with promotion finds, beside random search and plain TPE at equal total budget.

    scripts/bench fidelity [seeds] [budget] [processes]

Three problems on scikit-learn's own sets, each with half of the rows held out for the score: a small network by
epochs, which goes on from where it was; gradient boosting by trees and an SVM by rows, which start anew on each rung.
The budget is counted in full trainings, in their own unit, so nothing depends on the machine's speed. Random search and
plain TPE (`optuna.create_study` as it is, told of every trial before the next) train each configuration in full; ours
are `HalvingSearch`, with configurations by random search and by TPE, at window 4. Of a seed all have the same rows. For
a quarter, a half and all of the budget: the least error of a full training so far, mean over the seeds, and how many
full trainings and configurations that took. Boosting is measured twice: what 5 trees tell, and what 45 do.
"""

import functools
import json
import os
import statistics
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
import optuna
import threadpoolctl  # type: ignore[import-untyped] # it has no types
from optuna.trial import TrialState
from sklearn import datasets, ensemble, model_selection, neural_network, svm

from steps.tuning.search.halving_search import HalvingSearch
from steps.tuning.search.objective import MINIMIZE
from steps.tuning.search.promotion import Fidelity, read
from steps.tuning.search.search import Outcome
from steps.tuning.space import Space, load

WINDOW = 4
PARTS = (0.25, 0.5, 1.0)
Split = tuple[Any, Any, Any, Any]  # features to train on, to score on; targets of both
Params = Mapping[str, Any]
Kept = dict[str, tuple[Any, int]]  # networks, and for how many epochs each was trained, by their parameters


@dataclass(frozen=True)
class Problem:
    """A training: its data, space and budgets; `error` trains for a budget, `goes_on` from a checkpoint."""

    data: Callable[..., Any]
    space: str
    fidelity: str
    error: Callable[[Split, Params, int, int, Kept], float]
    goes_on: bool = False

    @property
    def budget(self) -> Fidelity:
        """Return the rungs' budget."""
        return read(self.fidelity)

    def searched(self) -> Space:
        """Return the search space."""
        return load(self.space).for_task("classification")


def network(split: Split, params: Params, epochs: int, seed: int, kept: Kept) -> float:
    """Train a network epoch by epoch, from where it was kept."""
    key = json.dumps(dict(params))
    made, trained = kept.pop(key, (None, 0))
    made = made or neural_network.MLPClassifier(
        (params["width"],), learning_rate_init=params["lr"], alpha=params["alpha"], batch_size=params["batch"],
        random_state=seed,
    )  # fmt: skip
    train, score, target, truth = split
    for _ in range(trained, epochs):
        made.partial_fit(train, target, classes=np.unique(target))
    kept[key] = (made, epochs)
    return 1 - float(made.score(score, truth))


def boosting(split: Split, params: Params, trees: int, seed: int, _kept: Kept) -> float:
    """Fit so many trees."""
    train, score, target, truth = split
    made = ensemble.GradientBoostingRegressor(n_estimators=trees, random_state=seed, **params)
    return 1 - float(made.fit(train, target).score(score, truth))


def vectors(split: Split, params: Params, rows: int, seed: int, _kept: Kept) -> float:
    """Fit to the first so many rows, which are in random order."""
    train, score, target, truth = split
    made = svm.SVC(random_state=seed, **params)
    return 1 - float(made.fit(train[:rows], target[:rows]).score(score, truth))


BOOSTING = "learning_rate=log(3e-3,1) max_depth=1..8 subsample=0.2..1.0 min_samples_leaf=1..40 max_features=0.1..1.0"
PROBLEMS = {
    "boosting, 5 trees": Problem(datasets.load_diabetes, BOOSTING, "n_estimators:5..135:3", boosting),
    "boosting, 45 trees": Problem(datasets.load_diabetes, BOOSTING, "n_estimators:45..135:3", boosting),
    "SVM by rows": Problem(
        datasets.load_digits, "C=log(1e-3,1e3) gamma=log(1e-6,1) shrinking=[true, false]", "rows:33..891:3", vectors
    ),
    "network by epochs": Problem(
        datasets.load_digits, "lr=log(1e-5,1) width=4..64 alpha=log(1e-6,10) batch=[64, 256]", "epochs:1..27:3",
        network, goes_on=True,
    ),
}  # fmt: skip


def split_of(problem: Problem, seed: int) -> Split:
    """Split a problem's rows, by the seed, and scale the columns."""
    features, target = problem.data(return_X_y=True)
    train, score, *targets = model_selection.train_test_split(features, target, test_size=0.5, random_state=seed)
    centre, scale = train.mean(axis=0), train.std(axis=0) + 1e-9
    return ((train - centre) / scale, (score - centre) / scale, *targets)


@dataclass
class Spent:
    """What a method has spent of its budget, in full trainings, and the least error of one whenever that fell."""

    full: int
    budget: float
    units: int = 0
    fulls: int = 0
    configurations: int = 0

    def __post_init__(self) -> None:
        self.found: list[tuple[float, float]] = []

    def add(self, units: int, error: float | None, *, new: bool) -> None:
        """Count a training; `error` is that of a full one."""
        self.units += units
        self.configurations += new
        if error is not None and self.units <= self.full * self.budget:
            self.fulls += 1
            self.found.append((self.units / self.full, error))

    @property
    def is_over(self) -> bool:
        """Tell whether nothing is left."""
        return self.units >= self.full * self.budget

    def best(self, part: float) -> float:
        """Return the least error of a full training within a part of the budget; of a problem's first, if of none."""
        return min((error for spent, error in self.found if spent <= part * self.budget), default=self.found[0][1])


def sequential(problem: Problem, seed: int, budget: float, sampler: optuna.samplers.BaseSampler) -> Spent:
    """Train every configuration in full, told of all before."""
    split, searched, full = split_of(problem, seed), problem.searched(), problem.budget.high
    spent = Spent(full, budget)
    study = optuna.create_study(direction="minimize", sampler=sampler)
    while not spent.is_over:
        trial = study.ask(fixed_distributions=dict(searched.distributions))
        error = problem.error(split, searched.child(trial.params).hyperparameters, full, seed, {})
        study.tell(trial, error)
        spent.add(full, error, new=True)
    return spent


def halving(problem: Problem, seed: int, budget: float, sampler: str) -> Spent:
    """Promote the best, until the budget is spent."""
    split, searched, fidelity = split_of(problem, seed), problem.searched(), problem.budget
    spent, kept = Spent(fidelity.high, budget), Kept()
    search = HalvingSearch(
        searched, sampler=sampler, seed=seed, window=WINDOW, direction=MINIMIZE, n_trials=10**6,
        fidelity=fidelity,
    )  # fmt: skip
    while not spent.is_over:
        _, params = search.ask()
        rung = search.evaluation.rung
        units = fidelity.budgets[rung]
        error = problem.error(split, searched.child(params).hyperparameters, units, seed, kept)
        is_top = units == fidelity.high
        below = fidelity.budgets[rung - 1] if rung and problem.goes_on else 0
        spent.add(units - below, error if is_top else None, new=rung == 0)
        steps = ((units, error),)
        outcome = Outcome(TrialState.COMPLETE, (error,), steps) if is_top else Outcome(TrialState.PRUNED, (), steps)
        search.settle(search.asked - 1, outcome)
    return spent


METHODS: dict[str, Callable[[Problem, int, float], Spent]] = {
    "random search": lambda p, seed, b: sequential(p, seed, b, optuna.samplers.RandomSampler(seed=seed)),
    "plain TPE": lambda p, seed, b: sequential(p, seed, b, optuna.samplers.TPESampler(seed=seed)),
    "promotion, random": lambda p, seed, b: halving(p, seed, b, "random"),
    "promotion, TPE": lambda p, seed, b: halving(p, seed, b, "tpe"),
}


@functools.cache
def _quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    threadpoolctl.threadpool_limits(1)


def measure(problem: str, method: str, seed: int, budget: float) -> Spent:
    """Run one method on one problem."""
    _quiet()
    return METHODS[method](PROBLEMS[problem], seed, budget)


def main(seeds: int = 10, budget: int = 20, processes: int | None = None) -> None:
    """Measure and print."""
    print(f"the least error of a full training, mean of {seeds} seeds, for {budget} full trainings and parts of them;")
    print("± the standard error of the difference to plain TPE over the seeds, at the end")
    heads = "".join(f"{f'{part * budget:g}':>9}" for part in PARTS)
    print(f"{'problem':<20} {'method':<18}{heads} {'±':>7} {'full':>6} {'configurations':>15}")
    with ProcessPoolExecutor(processes or os.cpu_count()) as pool:
        for problem in PROBLEMS:
            jobs = {
                method: pool.map(measure, *map(repeat, (problem, method)), range(seeds), repeat(budget))
                for method in METHODS
            }
            found = {method: list(runs) for method, runs in jobs.items()}
            for method, runs in found.items():
                print(_line(problem, method, runs, found["plain TPE"]), flush=True)


def _line(problem: str, method: str, runs: list[Spent], plain: list[Spent]) -> str:
    means = "".join(f"{statistics.mean(run.best(part) for run in runs):>9.4f}" for part in PARTS)
    differences = [one.best(1) - other.best(1) for one, other in zip(runs, plain, strict=True)]
    error = statistics.stdev(differences) / len(differences) ** 0.5 if len(differences) > 1 else 0.0
    counts = [statistics.mean(getattr(run, name) for run in runs) for name in ("fulls", "configurations")]
    return f"{problem:<20} {method:<18}{means} {error:>7.4f} {counts[0]:>6.1f} {counts[1]:>15.0f}"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
