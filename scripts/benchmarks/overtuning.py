"""How often tuning ends worse than no tuning: studies whose champion loses to the defaults on held-out rows.

    scripts/bench overtuning [seeds] [trials] [file]

For each seed and data set 50 or 100 rows are there to tune a decision tree on. All others are held out, so that what is
lost is measured well. A study searches as `tune` does (tpe, window 4, 5 folds), in this process and without MLflow, and
its champion competes with the defaults as there. Each row of the table is a way to make the folds and to choose the
champion: the share of studies whose champion is worse than the defaults on the held-out rows, as good (mostly since it
is the defaults), and better; the mean difference of accuracy; the fits that it takes, where 1 is a study as it is. "A
sure gain" is one above its standard error. `file` takes what was scored, a line of JSON for each seed and set; what
stands in it is not run again.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from optuna.trial import TrialState
from sklearn import datasets

from steps.patches import sklearn as patches
from steps.process import threads
from steps.training.data import splits
from steps.training.model import estimator
from steps.tuning.champion.confirmation import exceeds_its_error
from steps.tuning.search.reshuffle import fold_seed
from steps.tuning.search.search import Outcome, Search
from steps.tuning.space import load

# Rows to tune on, of 150, 178, 569 and 442. The defaults are hardly to be beaten but on the last.
SETS = {"iris": 50, "wine": 100, "breast_cancer": 100, "diabetes": 100}
PATH = "sklearn.tree.DecisionTreeClassifier"
SPACE = (
    f"estimator={PATH} max_depth=1..20 min_samples_leaf=log(1,20) min_samples_split=log(2,40) "
    "criterion=[gini,entropy] max_features=[none,sqrt]"
)
FOLDS, REPEATS, CONFIRMED = 5, 3, 5


@dataclass(frozen=True)
class Task:
    """A data set and a seed, which picks the rows to tune on."""

    data: str
    seed: int

    def split(self, seed: int, repeats: int) -> splits.Layout:
        """Split the rows as a run does: the held-out ones go by the task's seed, the folds by another."""
        _, target = _table(self.data)
        share = 1 - SETS[self.data] / len(target)
        rows = splits.Rows(len(target), target.astype(int))
        return splits.lay_out(rows, folds=FOLDS, test_size=share, seed=self.seed, fold_seed=seed, repeats=repeats)

    def scores(self, hyperparameters: Mapping[str, Any], layout: splits.Layout) -> list[float]:
        """Return the accuracy of each fold."""
        unfitted = estimator.build(self._maker(), hyperparameters, seed=self.seed, threads=1)
        return [self._score(unfitted, layout.order[fit], layout.order[score]) for fit, score in layout.splits]

    def held_out(self, hyperparameters: Mapping[str, Any], layout: splits.Layout) -> float:
        """Return the accuracy on the held-out rows."""
        unfitted = estimator.build(self._maker(), hyperparameters, seed=self.seed, threads=1)
        return self._score(unfitted, layout.order[layout.training], layout.order[layout.held_out])

    def _maker(self) -> estimator.Maker:
        return estimator.import_maker(PATH, "classification")

    def _score(self, unfitted: Any, fit: np.ndarray, score: np.ndarray) -> float:
        features, target = _table(self.data)  # of the types that a tree has inside, so that it need not look
        fitted = unfitted.fit(features[fit], target[fit], check_input=False)
        return float(np.mean(fitted.predict(features[score], check_input=False) == target[score]))


@cache
def _table(data: str) -> tuple[np.ndarray, np.ndarray]:
    features, target = getattr(datasets, f"load_{data}")(return_X_y=True)
    if data == "diabetes":  # a quantity: is it above its median?
        target = target > np.median(target)
    return np.ascontiguousarray(features, dtype=np.float32), target.astype(float)


def study(task: Task, trials: int, repeats: int, *, reshuffle: bool) -> list[dict[str, Any]]:
    """Run a study; return its best trials, the best first: scores on its folds, on fresh ones, on the held-out rows."""
    space = load(SPACE).for_task("classification")
    search = Search(space, sampler="tpe", seed=task.seed, window=4)
    fresh, layout = task.split(task.seed + 1, repeats), task.split(task.seed, repeats)
    scored: dict[str, tuple[list[float], Mapping[str, Any]]] = {}
    for _ in range(trials):
        number, params = search.ask()
        chosen = space.child(params).hyperparameters
        own = task.split(fold_seed(task.seed, number), repeats) if reshuffle else layout
        scores = task.scores(chosen, own)
        search.settle(number, Outcome(TrialState.COMPLETE, (float(np.mean(scores)),)))
        if repr(chosen) not in scored or np.mean(scores) > np.mean(scored[repr(chosen)][0]):
            scored[repr(chosen)] = (scores, chosen)
    return [
        {"scores": scores, "fresh": task.scores(chosen, fresh), "held_out": task.held_out(chosen, layout)}
        for scores, chosen in sorted(scored.values(), key=lambda each: -np.mean(each[0]))[:CONFIRMED]
    ]


def measure(data: str, seed: int, trials: int) -> dict[str, Any]:
    """Run the studies of a seed and a set, each kind once; return what their best trials and the defaults score."""
    task = Task(data, seed)
    layout = task.split(seed, REPEATS)
    defaults = {
        "scores": task.scores({}, layout),
        "fresh": task.scores({}, task.split(seed + 1, REPEATS)),
        "held_out": task.held_out({}, layout),
    }
    return {
        "data": data, "seed": seed, "trials": trials, "defaults": defaults,
        "plain": study(task, trials, 1, reshuffle=False),
        "repeats": study(task, trials, REPEATS, reshuffle=False),
        "reshuffle": study(task, trials, 1, reshuffle=True),
    }  # fmt: skip


def measured(seeds: int, trials: int, file: Path | None) -> Iterator[dict[str, Any]]:
    """Yield what was measured for each seed and set."""
    lines = file.read_text().splitlines() if file and file.exists() else []
    known = {(each["data"], each["seed"], each["trials"]): each for each in map(json.loads, lines)}
    for seed, data in product(range(seeds), SETS):
        if (data, seed, trials) not in known:
            known[data, seed, trials] = measure(data, seed, trials)
            if file:
                with file.open("a") as lines_of_file:
                    lines_of_file.write(json.dumps(known[data, seed, trials]) + "\n")
        yield known[data, seed, trials]


def champion(measured_: Mapping[str, Any], kind: str, *, confirm: bool, sure: bool) -> dict[str, Any]:
    """Return what a study has for its champion: its best trial or the defaults.

    `confirm`: by their scores on fresh folds, of the best few and the defaults. `sure`: a trial must be better than the
    defaults by more than the standard error, else as good or, with `confirm`, as good there.
    """
    trials, defaults, where = measured_[kind], measured_["defaults"], "fresh" if confirm else "scores"
    count = len(trials[0][where])
    best = max(trials if confirm else trials[:1], key=lambda trial: np.mean(trial[where]))
    gains = [a - b for a, b in zip(best[where], defaults[where][:count], strict=True)]
    wins = exceeds_its_error(gains, FOLDS) if sure else np.mean(gains) >= 0
    return dict(best if wins else defaults)


# How a champion is chosen: the kind of study, whether it is confirmed, whether the gain must be above its error.
WAYS: dict[str, tuple[str, bool, bool]] = {
    "as it is": ("plain", False, False),
    "as it is, and a sure gain": ("plain", False, True),
    "fresh folds, the best wins": ("plain", True, False),
    "confirm=5": ("plain", True, True),
    "repeats=3": ("repeats", False, False),
    "repeats=3, and a sure gain": ("repeats", False, True),
    "repeats=3 confirm=5": ("repeats", True, True),
    "reshuffle": ("reshuffle", False, False),
    "reshuffle confirm=5": ("reshuffle", True, True),
}


def main(seeds: str = "100", trials: str = "30", file: str | None = None) -> None:
    """Measure and print."""
    threads.limit(1)
    patches.apply()
    sklearn.set_config(assume_finite=True, skip_parameter_validation=True)
    every = list(measured(int(seeds), int(trials), Path(file) if file else None))
    print(f"{len(every)} studies of {trials} trials, {seeds} seeds of each set; a decision tree, {FOLDS} folds")
    print(f"{'way':<28} {'worse':>6} {'as good':>8} {'better':>7} {'mean':>8} {'fits':>5}   worse: {', '.join(SETS)}")
    for way, (kind, confirm, sure) in WAYS.items():
        chosen = [(each, champion(each, kind, confirm=confirm, sure=sure)) for each in every]
        gains = np.array([one["held_out"] - each["defaults"]["held_out"] for each, one in chosen])
        worse, good, better = (np.mean(which) for which in (gains < 0, gains == 0, gains > 0))
        own = [np.mean(gains[[each["data"] == data for each in every]] < 0) for data in SETS]
        fits = (1 + confirm * (CONFIRMED + 1) / (int(trials) + 1)) * (REPEATS if kind == "repeats" else 1)
        print(
            f"{way:<28} {worse:>6.1%} {good:>8.1%} {better:>7.1%} {gains.mean():>+8.4f} {fits:>5.1f}   "
            + " ".join(f"{share:.0%}" for share in own)
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
