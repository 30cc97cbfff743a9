"""The view of a study in MLflow's UI; that the UI takes it is in tests/e2e/test_report.py."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from steps.tuning.report import ui_view
from steps.tuning.search.objective import MAXIMIZE, MINIMIZE, Objective
from steps.tuning.space import file
from tests.tuning import fakes


@pytest.fixture
def written(monkeypatch):
    """What was written to an experiment, by tag."""
    tags = {}

    class Client:
        def set_experiment_tag(self, experiment_id, key, value):
            tags[key] = value

        def get_experiment(self, experiment_id):
            return SimpleNamespace(tags={"mlflow.experimentKind": "its own"})

    monkeypatch.setattr(ui_view, "MlflowClient", Client)
    return tags


def view_of(tags):
    (text,) = tags.values()
    return json.loads(json.loads(text)["state"])


@pytest.mark.parametrize("direction", [MAXIMIZE, MINIMIZE])
def test_the_best_trial_comes_first(direction, written):
    """Trials alone, of this study alone; columns are trial, score, hyperparameters, state, duration, node."""
    ui_view.write(replace(fakes.plan(), objectives=(Objective("loss", direction),)), "7", "mine")
    view = view_of(written)
    assert view["searchFilter"] == "tags.`tuning.study` = 'mine' AND tags.`tuning.role` = 'trial'"
    assert (view["orderByKey"], view["orderByAsc"]) == ("metrics.`loss`", direction == MINIMIZE)
    assert [column.partition(".")[2].strip("`") for column in view["selectedColumns"]] == [
        "trial", "loss", "x", "y", "tuning.state", "Duration", "tuning.node",
    ]  # fmt: skip


def test_the_scatters_are_of_what_matters_most(written):
    """Given by their names in Optuna, which several estimators precede; the others follow in the parallel axes."""
    one = "{type: int, low: 1, high: 9}"
    text = f"estimator: {{a.A: {{p: {one}, q: {one}}}, b.B: {{r: {one}}}}}"
    plan = replace(
        fakes.plan(), space=file.read(text, "x.yaml").for_task("regression"), estimators={"a.A": "a.A", "b.B": "b.B"}
    )
    ui_view.write(plan, "7", "mine", ["B.r", "estimator", "A.q"])
    view = view_of(written)
    charts = view["compareRunCharts"]
    assert [chart["xaxis"]["key"] for chart in charts if chart["type"] == "SCATTER"] == ["trial", "r", "q"]
    assert next(chart for chart in charts if chart["type"] == "PARALLEL")["selectedParams"] == ["r", "q", "p"]
    assert "tags.`tuning.estimator`" in view["selectedColumns"]


def test_two_objectives_are_shown_against_each_other(written):
    """The front comes first."""
    objectives = (Objective("score", MAXIMIZE), Objective("seconds", MINIMIZE))
    ui_view.write(replace(fakes.plan(), objectives=objectives), "7", "mine")
    first = view_of(written)["compareRunCharts"][0]
    assert (first["xaxis"]["key"], first["yaxis"]["key"]) == ("score", "seconds")


@pytest.mark.parametrize("count", [40, 200])
def test_the_tag_is_as_long_as_any_server_takes(count, written):
    """However many hyperparameters there are; the first of them have columns."""
    text = "\n".join(f"a_rather_long_name_{number}: {{type: int, low: 1, high: 9}}" for number in range(count))
    ui_view.write(replace(fakes.plan(), space=file.read(text, "x.yaml").for_task("regression")), "7", "mine")
    (tag,) = written.values()
    assert len(tag) <= 5_000
    assert sum("a_rather_long_name" in column for column in view_of(written)["selectedColumns"]) >= 15


def test_a_link_names_experiment_and_study():
    """It opens on model training, not on GenAI; that to the charts differs in one word."""
    table, charts = ui_view.path("7", "mine"), ui_view.path("7", "mine", charts=True)
    assert table.startswith("/#/experiments/7/runs?workflowType=machine_learning&viewStateShareKey=")
    assert charts.replace("&compareRunsMode=CHART", "") == table
    assert ui_view.path("7", "other") != table
