"""Scores that depend less on one set of folds, through the real commands."""

import json
import statistics

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
    champion_of = study.parent.data.tags["tuning.champion_is"].removeprefix("trial ")
    (champion,) = [run for run in study.children if run.data.tags["tuning.role"] == "champion"]
    confirmations = [run for run in study.children if run.data.tags["tuning.role"] == "confirmation"]
    for run in (*finished.values(), champion, *confirmations):
        steps = {m.step: m.value for m in place.client.get_metric_history(run.info.run_id, "fold_accuracy")}
        assert sorted(steps) == list(range(9))
        assert run.data.metrics["cv_accuracy"] == pytest.approx(statistics.mean(steps.values()))
    assert len({run.data.tags["tuning.folds"] for run in (*finished.values(), champion)}) == 1
    assert len(confirmations) == 2
    assert {run.data.tags["tuning.folds"] for run in confirmations} != {champion.data.tags["tuning.folds"]}
    assert champion.data.metrics["cv_accuracy"] == finished[champion_of].data.metrics["cv_accuracy"], done.stdout
    pruned = study.ended("PRUNED")
    assert pruned
    assert all(3 <= int(run.data.tags["tuning.pruned_at"]) < 9 for run in pruned)
    assert all(json.loads(run.data.tags["tuning.params"])["max_depth"] == 1 for run in pruned)
