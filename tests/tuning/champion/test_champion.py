"""What a study's run keeps of its champion."""

from dataclasses import replace

import pytest

from steps.tuning.champion import champion as champions
from steps.tuning.champion.champion import Champion
from steps.tuning.entry_point import EntryPoint
from tests.tuning import fakes


@pytest.mark.parametrize("runs_train", [True, False])
def test_the_studys_run_has_the_champions_scores(client, runs_train):
    """Its name, its run and, if `train` has scored it on held-out rows, these scores; a script's `gain` is its own."""
    study, run = (client.create_run("0") for _ in range(2))
    logged = {"gain": 0.25, "gain_low": -1.0, "test_f1": 0.5, "baseline_test_f1": 0.25, "latest_loss": 3.0}
    for name, value in logged.items():
        client.log_metric(run.info.run_id, name, value)
    plan = replace(fakes.plan(), entry=EntryPoint("own", {}, runs_train=runs_train))
    champion = Champion("trial 3", client.get_run(run.info.run_id), confirmed={"trial 3": 0.5, "the dummy": 0.25})
    champions.record(plan, champion, study.info.run_id)
    tags, metrics = (getattr(client.get_run(study.info.run_id).data, kind) for kind in ("tags", "metrics"))
    assert (tags["tuning.champion"], tags["tuning.champion_is"]) == (run.info.run_id, "trial 3")
    assert tags["tuning.confirmed"] == '{"3": 0.5, "the dummy": 0.25}'
    assert client.get_run(run.info.run_id).data.tags["tuning.champion_is"] == "trial 3"
    assert tags.get("tuning.gain") == ("+0.25" if runs_train else None)
    assert set(metrics) == ({"gain", "gain_low", "test_f1", "baseline_test_f1"} if runs_train else set())
