"""The search on a published yardstick: Bayesmark's problems, the score of the NeurIPS 2020 black-box challenge.

    scripts/bench bayesmark [seeds] [trials] [--problems kNN_iris_nll,DT_…] [--cache FOLDER] [--functions SEEDS]

Prints the score after 15, 25, 50 and 100 trials of random search, of a plain sequential Optuna study (`TPESampler` as
it is, told of every trial before the next), and of this project's search at several windows; with each the difference
to plain TPE and its standard error, over pairs of the same problem and seed. All begin with the same ten points, which
TPE draws at random: luck in these does not count as a difference. With a window of w each trial is drawn without the
scores of the w - 1 before it; "w - 1 trials later" compares with plain TPE after so many trials fewer. Then the same
with two trials at a time, in the time that plain TPE takes: simulated from the CPU seconds of each evaluation, so
without what a child costs. Last the median regret on Branin and Hartmann-6.

An evaluation is a function of problem and parameters; `--cache` keeps them in a folder, for a run with more seeds or
trials. The problems are by default the cheap ones, of each model and each set; `--problems all` has all.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from steps.process import threads

threads.limit(1)  # before numpy is imported

from scripts.benchmarks.yardstick.functions import FUNCTIONS, Function  # noqa: E402
from scripts.benchmarks.yardstick.optimizers import OPTIMIZERS, PLAIN, RANDOM, WINDOWS  # noqa: E402
from scripts.benchmarks.yardstick.problems import Problem, all_problems, key  # noqa: E402
from scripts.benchmarks.yardstick.scores import (  # noqa: E402
    AT,
    Baseline,
    baselines,
    best_in_time,
    difference,
    end_times,
    score,
    seed_of,
)

# By model and set, those that take less than 0.1 s an evaluation; MLP takes 0.2 s.
DEFAULT = (
    *("kNN_iris_nll", "kNN_wine_acc", "kNN_diabetes_mse", "SVM_iris_acc", "SVM_wine_acc", "SVM_diabetes_mae"),
    *("DT_iris_nll", "DT_wine_acc", "DT_breast_nll", "DT_digits_acc", "DT_diabetes_mse"),
    *("RF_iris_acc", "RF_wine_nll", "RF_diabetes_mae", "MLP-adam_iris_nll", "MLP-sgd_wine_acc", "ada_diabetes_mae"),
    *("lasso_iris_nll", "lasso_wine_acc", "lasso_diabetes_mse"),
    *("linear_iris_acc", "linear_breast_nll", "linear_diabetes_mae"),
)
JOBS, JOBS_WINDOW = 2, 4

# The losses of a study's trials in order, and the CPU seconds of each.
Curve = tuple[list[float], list[float]]
# By problem and repeat, then by optimizer.
Curves = dict[tuple[str, int], dict[str, Curve]]


class Evaluations:
    """Evaluates points of a problem, each one once; what is known is kept in a file if there is a folder for it."""

    def __init__(self, problem: Problem, folder: Path | None):
        self._problem, self._known = problem, dict[str, tuple[float, float]]()
        self._file = folder / f"{problem.name}.jsonl" if folder else None
        self.seconds: list[float] = []
        if self._file and self._file.exists():
            for line in self._file.read_text().splitlines():
                point, loss, seconds = json.loads(line)
                self._known[point] = (loss, seconds)

    def __call__(self, params: Mapping[str, Any]) -> float:
        """Return the loss of a point; add the CPU seconds that it takes to `seconds`."""
        point = key(params)
        if point not in self._known:
            began = time.process_time()
            loss = self._problem.loss(params)
            self._known[point] = (loss, time.process_time() - began)
            if self._file:
                with self._file.open("a") as file:
                    file.write(json.dumps([point, *self._known[point]]) + "\n")
        loss, seconds = self._known[point]
        self.seconds.append(seconds)
        return loss


def main(words: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="scripts/bench bayesmark")
    parser.add_argument("seeds", nargs="?", type=int, default=3)
    parser.add_argument("trials", nargs="?", type=int, default=100)
    parser.add_argument("--problems", default=",".join(DEFAULT))
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--functions", type=int, default=25, metavar="SEEDS")
    asked = parser.parse_args(words)
    known = all_problems()
    problems = [known[name] for name in (known if asked.problems == "all" else asked.problems.split(","))]
    if asked.cache:
        asked.cache.mkdir(parents=True, exist_ok=True)
    curves: Curves = {}
    # One repeat of all problems after the other, so that a run that is cut short has told of all.
    for repeat in range(asked.seeds):
        for problem in problems:
            curves[problem.name, repeat] = measure(problem, repeat, asked.trials, asked.cache)
            print(f"{problem.name} {repeat}", file=sys.stderr, flush=True)
        print(table(curves, asked.trials), file=sys.stderr, flush=True)
    if curves:
        print(table(curves, asked.trials))
    if asked.functions:
        print(regrets(asked.functions))


def measure(problem: Problem, repeat: int, trials: int, cache: Path | None) -> dict[str, Curve]:
    """Run every optimizer once on a problem."""
    curves = {}
    for name, optimizer in OPTIMIZERS.items():
        evaluate = Evaluations(problem, cache)
        losses = optimizer(problem, seed_of(problem.name, repeat), trials, evaluate)
        curves[name] = (losses, evaluate.seconds)
    return curves


def table(curves: Curves, trials: int) -> str:
    """Write the scores: a row for each optimizer, a column for each number of trials."""
    known, at = baselines(), [count for count in AT if count <= trials]
    names, repeats = {name for name, _ in curves}, 1 + max(repeat for _, repeat in curves)
    published = [score([known[name].normalize(known[name].random[count]) for name in names]) for count in at]
    rows = {"random search, published": [f"{value:.1f}" for value in published]}
    theirs = {count: _normalized(curves, known, PLAIN, count) for count in at}
    for name in OPTIMIZERS:
        rows[name] = [_cell(_normalized(curves, known, name, count), theirs[count], name) for count in at]
    for window in WINDOWS[1:]:
        told = {count: _normalized(curves, known, PLAIN, max(1, count - window + 1)) for count in at}
        ours = f"here, window {window}"
        rows[f"window {window}, {window - 1} trials later"] = [
            _gain(_normalized(curves, known, ours, count), told[count]) for count in at
        ]
    rows[f"here, window {JOBS_WINDOW}, {JOBS} at a time"] = [
        _cell(_in_time(curves, known, count), theirs[count], "") if JOBS * count <= trials else "" for count in at
    ]
    head = f"{len(names)} problems, {repeats} seeds; score, and difference to plain TPE with its standard error"
    lines = [f"{name:<28}" + "".join(f" {cell:>19}" for cell in cells) for name, cells in rows.items()]
    return "\n".join([head, f"{'trials':<28}" + "".join(f" {count:>19}" for count in at), *lines])


def regrets(seeds: int, trials: int = 50) -> str:
    """Write the median regret on each function: a row for each optimizer."""
    lines = [f"median regret after {trials} trials, {seeds} seeds"]
    lines.append(f"{'':<28}" + "".join(f" {function.name:>12}" for function in FUNCTIONS))
    for name in OPTIMIZERS:
        medians = [
            statistics.median(_regret(function, name, seed, trials) for seed in range(seeds)) for function in FUNCTIONS
        ]
        lines.append(f"{name:<28}" + "".join(f" {median:>12.3f}" for median in medians))
    return "\n".join(lines)


def _regret(function: Function, name: str, seed: int, trials: int) -> float:
    return min(OPTIMIZERS[name](function, seed_of(function.name, seed), trials, function.loss))


def _normalized(curves: Curves, known: dict[str, Baseline], name: str, count: int) -> list[float]:
    return [known[problem].normalize(min(runs[name][0][:count])) for (problem, _), runs in curves.items()]


def _in_time(curves: Curves, known: dict[str, Baseline], count: int) -> list[float]:
    """Return what is reached two at a time while plain TPE makes so many trials."""
    normalized = []
    for (problem, _), runs in curves.items():
        losses, seconds = runs[f"here, window {JOBS_WINDOW}"]
        best = best_in_time(losses, end_times(seconds, JOBS, JOBS_WINDOW), sum(runs[PLAIN][1][:count]))
        normalized.append(known[problem].normalize(best))
    return normalized


def _cell(normalized: list[float], theirs: list[float], name: str) -> str:
    if name in (PLAIN, RANDOM):
        return f"{score(normalized):.1f}"
    return f"{score(normalized):.1f} ({_gain(normalized, theirs)})"


def _gain(normalized: list[float], theirs: list[float]) -> str:
    gain, error = difference(normalized, theirs)
    return f"{gain:+.1f} ± {error:.1f}"


if __name__ == "__main__":
    main(sys.argv[1:])
