"""Scores that depend less on one set of folds, through the real commands."""

import json
import statistics
from collections.abc import Callable

import pytest

from tests.e2e.tools import Place

pytestmark = pytest.mark.e2e

TREE = "estimator=sklearn.tree.DecisionTreeClassifier max_depth=1..4 criterion=[gini,entropy]"


def test_repeats_average_and_wilcoxon_prunes_between_them(place: Place) -> None:
    """A score is the mean over all sets of folds, of the champion too; a trial is pruned after its first set."""
    done = place.step(
        "steps.tune", check=True, champion="true", space=TREE, sampler="grid",
        folds=3, repeats=3, confirm=2, jobs=2, window=2, pruner="wilcoxon",
    )  # fmt: skip
    study = place.study()
    finished = {run.data.tags["tuning.trial"]: run for run in study.ended("COMPLETE")}
    (baseline,) = [run for run in study.children if run.data.tags["tuning.role"] == "baseline"]
    (champion,) = [run for run in study.children if run.data.tags["tuning.role"] == "champion"]
    confirmations = [run for run in study.children if run.data.tags["tuning.role"] == "confirmation"]
    for run in (*finished.values(), champion, *confirmations):
        steps = {m.step: m.value for m in place.client.get_metric_history(run.info.run_id, "fold_accuracy")}
        assert sorted(steps) == list(range(9))
        assert run.data.metrics["cv_accuracy"] == pytest.approx(statistics.mean(steps.values()))
    assert len({run.data.tags["tuning.folds"] for run in (*finished.values(), champion)}) == 1
    confirmed = json.loads(study.parent.data.tags["tuning.confirmed"])
    assert len(confirmations) == len(confirmed) in (2, 3)
    assert "the estimator's defaults" in confirmed, done.stdout
    assert {run.data.tags["tuning.folds"] for run in confirmations} != {champion.data.tags["tuning.folds"]}
    of_champion = finished.get(champion.data.tags.get("tuning.trial", ""), baseline)
    assert champion.data.metrics["cv_accuracy"] == of_champion.data.metrics["cv_accuracy"], done.stdout
    pruned = study.ended("PRUNED")
    assert pruned
    assert all(3 <= int(run.data.tags["tuning.pruned_at"]) < 9 for run in pruned)
    assert all(json.loads(run.data.tags["tuning.params"])["max_depth"] == 1 for run in pruned)


@pytest.mark.slow
def test_folds_of_each_trial_s_own_are_the_same_whatever_runs_at_a_time(
    place: Place, new_place: Callable[..., Place]
) -> None:
    """Each trial has other folds, by its number; the champion has its trial's, and any of them is repeated exactly."""
    words = {"folds": 3, "n_trials": 6, "space": TREE, "reshuffle": "true"}
    place.step("steps.tune", check=True, jobs=2, champion="true", **words)
    study = place.study()
    digests = {run.data.tags["tuning.trial"]: run.data.tags["tuning.folds"] for run in study.trials}
    (baseline,) = [run for run in study.children if run.data.tags["tuning.role"] == "baseline"]
    assert len({*digests.values(), baseline.data.tags["tuning.folds"]}) == 7
    (champion,) = [run for run in study.children if run.data.tags["tuning.role"] == "champion"]
    if number := champion.data.tags.get("tuning.trial"):
        (trial,) = [run for run in study.trials if run.data.tags["tuning.trial"] == number]
        assert champion.data.tags["tuning.folds"] == digests[number]
        assert champion.data.metrics["cv_accuracy"] == trial.data.metrics["cv_accuracy"]
    repeated = place.step("steps.reproduce", run_id=study.trials[1].info.run_id)
    assert repeated.stdout.splitlines()[-1] == "verdict: identical", repeated.stdout + repeated.stderr
    other = new_place()
    other.step("steps.tune", check=True, jobs=1, **words)
    assert other.study().essence("accuracy") == study.essence("accuracy")
    assert {run.data.tags["tuning.trial"]: run.data.tags["tuning.folds"] for run in other.study().trials} == digests
