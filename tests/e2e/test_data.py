"""A person's own table, from a file or the web, through studies and training runs."""

import gzip
import hashlib
import json
import shlex
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import Web
from tests.e2e.tools import LIMIT_S, Place, outputs, until

pytestmark = pytest.mark.e2e

MESSY = Path(__file__).parent.parent / "samples" / "messy.csv"


def test_a_messy_table_from_the_web_is_fetched_once_and_tuned(place: Place, web: Web) -> None:
    """Text, dates, gaps and all are tuned as they are; the file is asked for once; each run has it on record."""
    web.files["/messy.csv"] = MESSY.read_bytes()
    uri = f"{web.url}/messy.csv?version=2"
    done = place.mlflow_run("tune", data=uri, n_trials=3, folds=2, drop="patient")
    assert web.asked == ["/messy.csv?version=2"]
    assert done.stderr.count("2 of 80 rows have no value in the target 'churned': left out") == 1
    assert done.stderr.count("'Unnamed: 0' only tells the rows apart: left out") == 1
    study = place.study()
    assert [run.data.tags["tuning.state"] for run in study.trials] == ["COMPLETE"] * 3
    digest = hashlib.sha256(MESSY.read_bytes()).hexdigest()
    for run in (study.parent, *study.children):
        assert run.data.params["data"] == f"'{uri}'"  # as MLflow quotes it
        assert run.data.tags["tuning.data"] == digest
        assert run.inputs is not None
        (dataset_input,) = run.inputs.dataset_inputs
        assert (dataset_input.dataset.name, dataset_input.dataset.digest) == ("messy.csv", digest[:8])
        assert json.loads(dataset_input.dataset.source) == {"url": uri}
        assert json.loads(dataset_input.dataset.profile or "")["num_rows"] == 80
        names = [column["name"] for column in json.loads(dataset_input.dataset.schema or "")["mlflow_colspec"]]
        assert {"income", "churned"} < set(names)
        assert {tag.key: tag.value for tag in dataset_input.tags} == {
            "mlflow.data.context": "training",
            "target": "churned",
        }
    settings = json.loads(study.parent.data.tags["tuning.settings"])
    assert {key: settings[key] for key in ("target", "drop", "split")} == {
        "target": "churned",
        "drop": "patient",
        "split": "stratified",
    }
    assert list((place.folder / "tmp").glob("tune-*")) == []


@pytest.mark.parametrize("backend", ["warm", pytest.param("local", marks=pytest.mark.slow)])
def test_a_study_fetches_a_file_once_and_prepares_each_fold_once(backend: str, place: Place, web: Web) -> None:
    """Its children map what the first of them kept, with an interpreter for each, too.

    A run by hand, which finds nothing, has the same scores.
    """
    web.files["/messy.csv.gz"] = gzip.compress(MESSY.read_bytes())
    given = {"data": f"{web.url}/messy.csv.gz", "drop": "patient", "folds": 2, "space": "linear", "n_trials": 2}
    words = place.step_command("steps.tune", **given, baseline="false", backend=backend, jobs=1)
    tune = place.start(words, cwd=Path(place.project))
    temporary = place.folder / "tmp"
    kept: dict[Path, int] = {}

    def ended() -> bool:
        with suppress(FileNotFoundError):  # the study's end is the end of its folder
            for path in temporary.glob("tune-*/prepared/*-[01]"):
                written = path.stat().st_mtime_ns
                assert kept.setdefault(path, written) == written
        return tune.poll() is not None

    until(ended, LIMIT_S, "the end of the study")
    assert tune.returncode == 0, (place.folder / "output.txt").read_text()
    assert web.asked == ["/messy.csv.gz"]
    assert len(kept) == 2
    assert list(temporary.glob("tune-*")) == []
    study = place.study()
    assert {run.data.tags["mlflow.project.backend"] for run in study.children} == {backend}
    *_, (_, _, scores) = study.essence("accuracy")
    words = [
        word for name, value in study.trials[-1].data.params.items() for word in (f"--{name}", *shlex.split(value))
    ]
    done = place.step("steps.train", *words, check=True)
    (run,) = [run for run in place.client.search_runs(["0"]) if "tuning.role" not in run.data.tags]
    by_hand = [metric.value for metric in place.client.get_metric_history(run.info.run_id, "fold_accuracy")]
    assert (len(by_hand), by_hand) == (2, scores), done.stderr


def test_the_model_predicts_labels_from_raw_rows(place: Place) -> None:
    """The logged model takes rows as the file has them, categories and gaps it has never seen among them."""
    done = place.step("steps.train", "--data", str(MESSY), "--folds", "2", "--n_estimators", "50")
    assert done.code == 0, done.stderr
    assert "Warning" not in done.stderr
    (run,) = place.client.search_runs(["0"])
    (output,) = outputs(run)
    table = pd.read_csv(MESSY, thousands=",", index_col=0)
    raw = table.drop(columns="churned")
    raw.iloc[0] = ["p99", "2031-12-24", "Basel", None, None, "a remark of another kind", None, "LI"]
    rows = {"dataframe_split": json.loads(raw.to_json(orient="split", index=False))}
    (place.folder / "rows.json").write_text(json.dumps(rows))
    words = ["mlflow", "models", "predict", "--env-manager", "local", "-m", f"models:/{output.model_id}"]
    words += ["-i", "rows.json", "-o", "labels.json", "-t", "json"]
    place.run(words, cwd=place.folder, check=True)
    labels = json.loads((place.folder / "labels.json").read_text())["predictions"]
    assert set(labels) == {"yes", "no"}
    known = table["churned"].notna()
    right = [label == truth for label, truth, ok in zip(labels, table["churned"], known, strict=True) if ok]
    assert sum(right) / len(right) > 0.85


def test_a_parquet_file_is_split_by_groups(place: Place) -> None:
    """A quantity in a Parquet file, with a column of groups, trains and is scored."""
    path = place.folder / "it's a table.parquet"
    frame = pd.DataFrame({"group": [f"g{n // 10}" for n in range(120)], "x": range(120)})
    frame.assign(y=frame["x"] * 0.5).to_parquet(path)
    done = place.step("steps.train", "--data", str(path), "--split", "group:group", "--n_estimators", "20")
    assert done.code == 0, done.stderr
    (run,) = place.client.search_runs(["0"])
    assert {"cv_r2", "test_r2"} <= set(run.data.metrics)
    (output,) = outputs(run)
    assert output.model_id


def test_a_password_in_a_uri_is_refused_and_the_run_that_has_it_named(place: Place) -> None:
    """The step's line says in which run MLflow has recorded it, and does not repeat it; no child is started."""
    done = place.mlflow_run("tune", data="https://me:sesame@127.0.0.1/x.csv", check=False)
    assert done.code == 1
    (run,) = place.client.search_runs(["0"])
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("tune: ")]
    assert f"in run {run.info.run_id}" in line
    assert "NETRC" in line
    assert "sesame" not in line
    assert run.info.status == "FAILED"
