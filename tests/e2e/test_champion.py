"""What a study gives: its champion, a model that answers."""

import json
import os
import re
import shlex
import signal
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import Run
from sklearn.datasets import load_iris

from steps.tracking import evaluation
from tests.e2e.test_own_script import LOSS, SPACES, STANZAS
from tests.e2e.tools import LIMIT_S, Done, Place, copy_project, until
from tests.host import ROOT
from tests.training.data import test_weights as weights_table

pytestmark = pytest.mark.e2e

SMALL: dict[str, Any] = {"n_trials": 6, "folds": 3, "jobs": 2, "study": "flowers", "champion": "true"}


@pytest.fixture(scope="module")
def finished(new_place: Callable[..., Place]) -> tuple[Place, Done, Path]:
    """A study of flowers with their names for labels, whose champion was confirmed and registered, by `mlflow run`."""
    place = new_place()
    frame = load_iris(as_frame=True).frame
    frame["target"] = frame["target"].map(dict(enumerate(load_iris().target_names)))
    path = place.folder / "flowers.csv"
    frame.to_csv(path, index=False)
    done = place.mlflow_run("tune", data=path, register="flowers", confirm=3, baseline="false", **SMALL)
    return place, done, path


def champions(place: Place) -> list[Run]:
    return [run for run in place.named("flowers").children if run.data.tags["tuning.role"] == "champion"]


def test_the_champion_is_a_run_of_its_own(finished: tuple[Place, Done, Path]) -> None:
    """One child more: refitted, with its trial's cross-validation, its held-out scores beside two others'."""
    place, done, _ = finished
    (champion,) = champions(place)
    parent, metrics = place.named("flowers").parent, champion.data.metrics
    assert champion.info.status == "FINISHED"
    assert champion.data.tags["mlflow.parentRunId"] == parent.info.run_id
    trial = place.named("flowers").trials[int(champion.data.tags["tuning.trial"])]
    assert metrics["cv_accuracy"] == trial.data.metrics["cv_accuracy"]
    assert json.loads(champion.data.tags["tuning.params"]) == json.loads(trial.data.tags["tuning.params"])
    assert metrics["gain"] == metrics["test_accuracy"] - metrics["baseline_test_accuracy"]
    assert metrics["dummy_test_accuracy"] == pytest.approx(1 / 3)
    assert metrics["test_accuracy_low"] <= metrics["test_accuracy"] <= metrics["test_accuracy_high"]
    assert {"test_balanced_accuracy", "test_f1_macro", "test_roc_auc", "test_log_loss"} <= set(metrics)
    assert parent.data.tags["tuning.champion"] == champion.info.run_id
    assert float(parent.data.tags["tuning.gain"]) == pytest.approx(metrics["gain"], abs=1e-5)
    for name in ("test_accuracy", "test_accuracy_low", "gain", "gain_high", "baseline_test_accuracy"):
        assert parent.data.metrics[name] == metrics[name], name
    assert "Champion: trial" in done.stdout
    assert "test_accuracy" not in trial.data.metrics


def test_its_pictures_are_there(finished: tuple[Place, Done, Path]) -> None:
    """Confusion matrix, ROC, precision and recall, importances: pictures that are not empty, and a table."""
    place, _, _ = finished
    (champion,) = champions(place)
    files = {file.path: file.file_size or 0 for file in place.client.list_artifacts(champion.info.run_id, "pictures")}
    assert set(files) == {
        f"pictures/{name}.png" for name in ("confusion_matrix", "roc_curve", "precision_recall", "importances")
    }
    assert min(files.values()) > 5000
    table = place.client.download_artifacts(champion.info.run_id, "importances.csv", str(place.folder))
    assert len(Path(table).read_text().splitlines()) == 1 + 4
    numbers = Path(place.client.download_artifacts(champion.info.run_id, "evaluation.json", str(place.folder)))
    shown = evaluation.parse(numbers.read_text())
    assert shown.confusion is not None
    assert (shown.rows, shown.confusion.classes) == (30, sorted(load_iris().target_names))


def test_a_lucky_split_does_not_win(finished: tuple[Place, Done, Path]) -> None:
    """The three best trials were scored again, on other folds of the same training rows; the best there won."""
    place, done, _ = finished
    study = place.named("flowers")
    confirmed = [run for run in study.children if run.data.tags["tuning.role"] == "confirmation"]
    assert len(confirmed) == 3
    trials = {run.data.tags["tuning.trial"]: run for run in study.trials}
    scores = {run.data.tags["tuning.trial"]: run.data.metrics["cv_accuracy"] for run in confirmed}
    assert json.loads(study.parent.data.tags["tuning.confirmed"]) == scores
    for run in confirmed:
        assert run.data.tags["tuning.folds"] != trials[run.data.tags["tuning.trial"]].data.tags["tuning.folds"]
        assert run.data.params["seed"] == "42"
        assert run.data.params["fold_seed"] == "43"
    (champion,) = champions(place)
    assert scores[champion.data.tags["tuning.trial"]] == max(scores.values())
    worst_confirmed = min(trials[number].data.metrics["cv_accuracy"] for number in scores)
    others = {  # a point that was tried twice is confirmed once
        run.data.tags["tuning.params"]: run.data.metrics["cv_accuracy"] for run in study.trials
    }
    for run in confirmed:
        others.pop(run.data.tags["tuning.params"])
    assert all(score <= worst_confirmed for score in others.values())
    assert "Confirmed on fresh folds: trial" in done.stdout


def test_the_champion_can_be_served_as_printed(finished: tuple[Place, Done, Path]) -> None:
    """The command that the study ends with answers, in a new shell, a request with the flower's name."""
    place, done, path = finished
    assert "Registered: flowers version 1, champion: the first of its name" in done.stdout
    command, rows = done.printed("Serve"), [line.split(",") for line in path.read_text().splitlines()]
    process = place.paste(f"exec env {command}")  # so that the signal below reaches it
    columns, asked = rows[0][:-1], (rows[1], rows[75], rows[150])
    body = {"dataframe_split": {"columns": columns, "data": [[float(cell) for cell in row[:-1]] for row in asked]}}
    request = urllib.request.Request(
        f"http://127.0.0.1:{command.rpartition(' ')[2]}/invocations",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    answers: list[dict[str, list[str]]] = []

    def answered() -> bool:
        assert process.poll() is None, (place.folder / "output.txt").read_text()
        with suppress(urllib.error.URLError), urllib.request.urlopen(request, timeout=10) as answer:
            answers.append(json.load(answer))
        return bool(answers)

    try:
        until(answered, 120, "a served model")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert answers[0]["predictions"] == ["setosa", "versicolor", "virginica"]


def test_the_champion_can_be_loaded_as_printed(finished: tuple[Place, Done, Path]) -> None:
    """In a new shell: Python opens, and has the model."""
    place, done, path = finished
    ask = f"import pandas; print(model.predict(pandas.read_csv({str(path)!r}).iloc[[0, 75]]))"
    process = place.paste(f"{done.printed('Load')} <<< {shlex.quote(ask)}")
    assert process.wait(timeout=LIMIT_S) == 0
    assert "['setosa' 'versicolor']" in (place.folder / "output.txt").read_text()


def test_readme_tells_how_a_program_loads_the_champion(finished: tuple[Place, Done, Path]) -> None:
    """Its three lines, with this place, this name and this table, print an answer for each row of the raw table."""
    place, _, path = finished
    (lines,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    ours = {"sqlite:///mlflow.db": place.uri, "models:/flats@": "models:/flowers@", "examples/table/flats.csv": path}
    for theirs, own in ours.items():
        assert lines.count(theirs) == 1
        lines = lines.replace(theirs, str(own))
    done = place.run([place.python, "-c", lines], check=True)
    assert done.stdout.count("'setosa'") + done.stdout.count("'versicolor'") + done.stdout.count("'virginica'") == 150


def test_a_study_that_goes_on_keeps_its_champion(finished: tuple[Place, Done, Path]) -> None:
    """Started again, a finished study runs neither the champion nor the confirmation again, and registers nothing."""
    place, _, path = finished
    before = {run.info.run_id for run in place.named("flowers").children}
    done = place.step("steps.tune", check=True, data=path, register="flowers", confirm=3, baseline="false", **SMALL)
    assert {run.info.run_id for run in place.named("flowers").children} == before
    assert "Registered: flowers version 1 is the champion already" in done.stdout
    assert place.named("flowers").parent.data.tags["tuning.champion"] == champions(place)[0].info.run_id


def test_where_no_trial_is_better_the_defaults_are_the_champion(place: Place, tmp_path: Path) -> None:
    """Terminal, tags, report and best.yaml say so; the champion repeats to the last bit; `baseline=false` has none."""
    flat: dict[str, Any] = {"data": "diabetes", "folds": 3, "champion": "true", "report": "true", "study": "flowers"}
    words: dict[str, Any] = {**flat, "n_trials": 2, "space": "estimator=sklearn.linear_model.Ridge alpha=500..900"}
    done = place.step("steps.tune", check=True, confirm=1, **words)
    name = "the estimator's defaults"
    verdict = done.printed("Verdict")
    assert f"on fresh folds no trial is better than {name} by more than its standard error" in verdict
    assert verdict.endswith("so they are the champion.")
    assert f"Champion: {name}, held-out r2" in done.stdout
    study = place.named("flowers")
    (champion,) = champions(place)
    (baseline,) = [run for run in study.children if run.data.tags["tuning.role"] == "baseline"]
    assert champion.data.metrics["cv_r2"] == baseline.data.metrics["cv_r2"]
    assert champion.data.metrics["cv_r2"] > max(run.data.metrics["cv_r2"] for run in study.trials)
    assert {run.data.tags["tuning.champion_is"] for run in (champion, study.parent)} == {name}
    assert "tuning.trial" not in champion.data.tags
    assert list(json.loads(study.parent.data.tags["tuning.confirmed"])) == [name]
    text = Path(place.client.download_artifacts(study.parent.info.run_id, "best.yaml", str(tmp_path))).read_text()
    assert "estimator: sklearn.linear_model.Ridge" in text
    assert "alpha" not in text
    assert "identical" in place.step("steps.reproduce", check=True, run_id=champion.info.run_id).stdout
    again = place.step("steps.tune", check=True, confirm=1, **words)
    assert f"Champion: {name}" in again.stdout
    assert len(champions(place)) == 1
    alone = place.step("steps.tune", check=True, **{**words, "study": "alone", "baseline": "false"})
    assert "Champion: trial" in alone.stdout


def test_what_weighs_nothing_counts_nowhere_in_a_study(place: Place) -> None:
    """Half of the rows say the opposite and weigh 0: trials, defaults, champion, its interval and importances."""
    path = weights_table.table(place.folder)
    words: dict[str, Any] = {**SMALL, "n_trials": 2, "folds": 2, "data": path, "target": "y", "weight": "w"}
    done = place.step("steps.tune", check=True, space="estimator=sklearn.svm.SVC C=[1,2]", **words)
    (champion,) = champions(place)
    metrics = champion.data.metrics
    assert all(run.data.metrics["cv_accuracy"] > 0.9 for run in place.named("flowers").children)
    assert (
        min(metrics[name] for name in ("test_accuracy_low", "baseline_test_accuracy", "test_balanced_accuracy")) > 0.8
    )
    assert metrics["dummy_test_accuracy"] < 0.8
    table = place.client.download_artifacts(champion.info.run_id, "importances.csv", str(place.folder))
    assert Path(table).read_text().splitlines()[1].startswith("x,0.")
    assert "w" not in [line.split(",")[0] for line in Path(table).read_text().splitlines()]
    assert "Champion: " in done.stdout


@pytest.mark.slow
def test_a_quantity_has_its_pictures_and_scores(place: Place) -> None:
    """Regression: R², MAE, RMSE, residuals and predicted against actual."""
    place.step("steps.tune", check=True, **{**SMALL, "data": "diabetes", "n_trials": 2, "folds": 2, "space": "linear"})
    (champion,) = champions(place)
    assert {"test_r2", "test_mae", "test_rmse", "gain_low"} <= set(champion.data.metrics)
    files = {file.path for file in place.client.list_artifacts(champion.info.run_id, "pictures")}
    assert files == {f"pictures/{name}.png" for name in ("residuals", "predicted_actual", "importances")}


@pytest.mark.slow
def test_two_objectives_have_a_champion_where_one_is_picked(place: Place) -> None:
    """A front alone makes no champion; `pick` says whose best is one, and must be one of them."""
    two: dict[str, Any] = {
        "n_trials": 3,
        "folds": 2,
        "objective": "cv_accuracy,fit_time_s",
        "study": "flowers",
        "champion": "true",
    }
    place.step("steps.tune", check=True, **two)
    assert champions(place) == []
    wrong = place.step("steps.tune", pick="cv_r2", **two)
    assert (wrong.code, "--pick 'cv_r2': must be none or one of the objectives" in wrong.stderr) == (2, True)
    place.step("steps.tune", check=True, pick="cv_accuracy", **two)
    (champion,) = champions(place)
    best = max(run.data.metrics["cv_accuracy"] for run in place.named("flowers").trials)
    assert champion.data.metrics["cv_accuracy"] == best


def test_a_champion_that_is_cut_off_is_run_at_the_next_start(place: Place) -> None:
    """SIGKILL to the tuner while the champion runs: nothing is left, and the same command runs it."""
    words = place.step_command("steps.tune", **{**SMALL, "n_trials": 2})
    process = place.start(words, cwd=Path(place.project))
    running = "tags.`tuning.role` = 'champion' AND attributes.status = 'RUNNING'"
    until(lambda: place.client.search_runs(["0"], running), 300, "a champion that runs")
    process.kill()
    process.wait()
    place.all_gone()
    place.step("steps.tune", check=True, **{**SMALL, "n_trials": 2})
    assert sorted(run.info.status for run in champions(place)) == ["FINISHED", "KILLED"]
    assert place.client.search_runs(["0"], "attributes.status = 'RUNNING'") == []


@pytest.mark.slow
def test_an_interrupt_ends_the_champion_too(place: Place) -> None:
    """Ctrl-C while the champion runs: it and the study are KILLED, what was found is said, the code is 130."""
    process = place.start(place.step_command("steps.tune", **{**SMALL, "n_trials": 2}), cwd=Path(place.project))
    running = "tags.`tuning.role` = 'champion' AND attributes.status = 'RUNNING'"
    until(lambda: place.client.search_runs(["0"], running), 300, "a champion that runs")
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 130
    place.all_gone()
    assert "Best trial: " in (place.folder / "output.txt").read_text()
    assert [run.info.status for run in champions(place)] == ["KILLED"]
    assert place.named("flowers").parent.info.status == "KILLED"


@pytest.mark.slow
def test_another_entry_points_champion(
    new_place: Callable[..., Place], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A script without a `refit`: its best trial is the champion, nothing is run again, `confirm` is refused."""
    project = copy_project(tmp_path_factory.mktemp("champion"))
    (project / "fit_line.py").write_text((project / "tests" / "samples" / "own_script.py").read_text())
    (project / "MLproject").write_text((project / "MLproject").read_text() + STANZAS)
    (project / "line.yaml").write_text(SPACES["line"])
    place = new_place(project=project)
    words: dict[str, Any] = {
        **LOSS,
        "entry_point": "fit_line",
        "space": "./line.yaml",
        "n_trials": 3,
        "champion": "true",
    }
    place.step("steps.tune", check=True, **words)
    study = place.study()
    assert study.parent.data.tags["tuning.champion"] == study.parent.data.tags["tuning.best_run"]
    assert {run.data.tags["tuning.role"] for run in study.children} == {"trial", "baseline"}
    wrong = place.step("steps.tune", confirm=2, **words)
    assert wrong.code == 2
    assert "--confirm 2: must be 0 for 'fit_line', which declares no fold_seed" in wrong.stderr


@pytest.mark.slow
def test_an_entry_point_that_declares_refit_has_a_champion_of_its_own(
    new_place: Callable[..., Place], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Its best trial's parameters are run once more, with refit=true."""
    project = copy_project(tmp_path_factory.mktemp("refitted"))
    (project / "fit_line.py").write_text((project / "tests" / "samples" / "own_script.py").read_text())
    stanza = """
  refit_line:
    parameters:
      lr: {type: float, default: 0.01}
      refit: {type: string, default: "false"}
    command: "python fit_line.py --lr {lr} && echo refit: {refit}"
"""
    (project / "MLproject").write_text((project / "MLproject").read_text() + stanza)
    (project / "rate.yaml").write_text(SPACES["rate"])
    place = new_place(project=project)
    words = {**LOSS, "entry_point": "refit_line", "space": "./rate.yaml", "n_trials": 3, "champion": "true"}
    place.step("steps.tune", check=True, **words)
    study = place.study()
    (champion,) = [run for run in study.children if run.data.tags["tuning.role"] == "champion"]
    best = place.client.get_run(study.parent.data.tags["tuning.best_run"])
    assert study.parent.data.tags["tuning.champion"] == champion.info.run_id
    assert champion.data.params["refit"].lower() == "true"
    assert champion.data.params["lr"] == best.data.params["lr"]
    assert champion.data.metrics["loss"] == best.data.metrics["loss"]
