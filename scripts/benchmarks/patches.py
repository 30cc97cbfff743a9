"""What the patches of speed gain: seconds with them and without (TUNING_PATCHES=off), see steps.patches.

    scripts/bench patches [rounds] [trials]

Fits: each round has two fresh processes, one with the patches and one without, which fit in turn; CPU seconds of one
thread, so that other work on the machine disturbs little. Then whole trials of `mlflow run . -e tune` with jobs=1, both
ways, by the clock. Which of the two comes first changes with each round. Only the ratios mean anything elsewhere: the
median, the least and the greatest of those that each round has.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial

from mlflow.tracking import MlflowClient

from scripts.benchmarks import speed
from steps.names import Variable
from steps.process import threads

# How long a case is fitted again in both processes of a round, at least three times each; the medians count.
CASE_S = 1.0
Seconds = dict[str, float]


def main(rounds: int = 5, trials: int = 30) -> None:
    """Measure and print."""
    print(f"{'':<44} {'without, s':>10} {'with, s':>10} {'times as fast':>22}", flush=True)
    _print([fits(order) for order in _orders(rounds)])
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db", "MLFLOW_DISABLE_TELEMETRY": "true"}
        MlflowClient().search_experiments()  # the tables are made before any clock runs
        _print([{value: whole_trials(value, trials) for value in order} for order in _orders(rounds)])


def _orders(rounds: int) -> list[tuple[str, str]]:
    return [("on", "off") if number % 2 else ("off", "on") for number in range(rounds)]


def fits(order: Sequence[str]) -> dict[str, Seconds]:
    """Return by `on` and `off` the CPU seconds of each case's fit, in two fresh processes that take turns."""
    processes = {value: _process(value) for value in order}
    seconds: dict[str, Seconds] = {value: {} for value in order}
    for number, (name, _) in enumerate(cases()):
        taken: dict[str, list[float]] = {value: [] for value in order}
        while len(taken["on"]) < 3 or sum(map(sum, taken.values())) < CASE_S:
            for value in order:
                taken[value].append(_ask(processes[value], number))
        for value in order:
            seconds[value][name] = statistics.median(taken[value])
    for process in processes.values():
        process.communicate()
    return seconds


def _process(value: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.benchmarks.patches", "fits"],
        cwd=speed.ROOT,
        env={**os.environ, **threads.variables(1), Variable.PATCHES: value},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _ask(process: "subprocess.Popen[str]", number: int) -> float:
    assert process.stdin is not None and process.stdout is not None
    print(number, file=process.stdin, flush=True)
    return float(process.stdout.readline())


def fit_in_turn() -> None:
    """Work on the case whose number each line on stdin has, and print its CPU seconds."""
    from steps.patches import sklearn

    sklearn.apply()
    works = [work for _, work in cases()]
    for line in sys.stdin:
        began = time.process_time()
        works[int(line)]()
        print(time.process_time() - began, flush=True)


def whole_trials(value: str, trials: int) -> Seconds:
    """Return the seconds that a trial of a study of the iris forest takes."""
    os.environ[Variable.PATCHES] = value
    return {
        f"a trial, iris forest, {speed.title(folds)}": speed.study(folds, trials, jobs=1).per_trial for folds in (5, 1)
    }


def cases() -> list[tuple[str, Callable[[], object]]]:
    """Return each case's name and its work."""
    import pandas as pd
    from sklearn.datasets import load_iris, make_classification
    from sklearn.ensemble import (
        ExtraTreesClassifier,
        GradientBoostingClassifier,
        HistGradientBoostingClassifier,
        RandomForestClassifier,
    )
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import get_scorer

    from steps.training.data import splits
    from steps.training.scores import folds

    iris = load_iris(return_X_y=True, as_frame=True)
    rows = {}
    for count in (2_000, 20_000):
        features, target = make_classification(count, 20, random_state=0)
        rows[count] = pd.DataFrame(features), pd.Series(target)
    accuracy = get_scorer("accuracy")
    forest = RandomForestClassifier(100, random_state=0)
    layout = splits.lay_out(splits.Rows(150, iris[1].to_numpy()), folds=5, test_size=0.2, seed=42)
    flowers, species = (part.take(layout.order) for part in iris)
    return [
        ("fit, iris, forest of 100", partial(forest.fit, *iris)),
        ("5 folds, iris, forest of 100", lambda: list(folds.scores(forest, flowers, species, layout.splits, accuracy))),
        ("fit, iris, extra trees, 100", partial(ExtraTreesClassifier(100, random_state=0).fit, *iris)),
        ("fit, iris, gradient boosting, 100", partial(GradientBoostingClassifier(random_state=0).fit, *iris)),
        ("fit, iris, histogram boosting, 100", partial(HistGradientBoostingClassifier(random_state=0).fit, *iris)),
        ("fit, 2,000 x 20, forest of 100", partial(forest.fit, *rows[2_000])),
        ("fit, 2,000 x 20, logistic regression", partial(LogisticRegression().fit, *rows[2_000])),
        ("fit, 20,000 x 20, forest of 20", partial(RandomForestClassifier(20, random_state=0).fit, *rows[20_000])),
    ]


def _print(measured: list[dict[str, Seconds]]) -> None:
    for name in measured[0]["on"]:
        without, with_patches = (statistics.median(both[value][name] for both in measured) for value in ("off", "on"))
        ratios = sorted(both["off"][name] / both["on"][name] for both in measured)
        ratio = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        print(f"{name:<44} {without:>10.4f} {with_patches:>10.4f} {ratio:>22}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["fits"]:
        fit_in_turn()
    else:
        main(*map(int, sys.argv[1:]))
