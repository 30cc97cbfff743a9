"""A logged model: served by MLflow as it is, and loaded by a program that has nothing of this project."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pandas as pd
import pytest
from mlflow.tracking import MlflowClient

from tests.e2e.tools import Place, free_port, outputs, until

pytestmark = pytest.mark.e2e

MESSY = Path(__file__).parent.parent / "samples" / "messy.csv"
_STARTS_S = 240
# A row as a person types it: a whole number for one with a fraction, a text for a number, a city that no one came from.
ROW = {
    "joined": "2026-05-06", "city": "Ulm", "income": "34,437.52", "smoker": "true", "remark": "none", "visits": 2.0,
    "country": "DE",
}  # fmt: skip
# Loads the model named by its first argument and predicts for the table named by its second, in a folder of its own.
PROGRAM = """
import json, sys
import mlflow, pandas
rows = pandas.read_csv(sys.argv[2])
answers = [mlflow.pyfunc.load_model(sys.argv[1]).predict(rows), mlflow.sklearn.load_model(sys.argv[1]).predict(rows)]
print(json.dumps([list(answer) for answer in answers]))
"""


@dataclass(frozen=True)
class Trained:
    """A model of the messy table, and what the step itself predicts for that."""

    place: Place
    uri: str


@pytest.fixture(scope="module")
def trained(new_place: Callable[..., Place]) -> Trained:
    place = new_place()
    place.step("steps.train", check=True, data=MESSY, drop="patient", folds=2, n_estimators=5, refit=True)
    (run,) = place.client.search_runs(["0"])
    assert run.data.tags["tuning.model_format"] == "skops"
    (output,) = outputs(run)
    return Trained(place, MlflowClient(place.uri).get_logged_model(output.model_id).artifact_location)


@pytest.fixture(scope="module")
def address(trained: Trained) -> Iterator[str]:
    """`mlflow models serve`, which answers at this address."""
    port, place = free_port(), trained.place
    words = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", trained.uri]
    process = place.start([*words, "--env-manager", "local", "--port", str(port)])
    until(lambda: _ping(port, process), _STARTS_S, "a server of the model")
    yield f"http://127.0.0.1:{port}/invocations"
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=120)


def _ping(port: int, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def ask(address: str, body: object, content_type: str = "application/json") -> list[Any]:
    content = body if isinstance(body, str) else json.dumps(body)
    request = urllib.request.Request(address, content.encode(), {"Content-Type": content_type})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return list(json.loads(answer.read())["predictions"])


def test_a_program_without_this_project_predicts_what_the_step_did(trained: Trained, tmp_path: Path) -> None:
    """The training file, read by plain pandas, gives the answers that the step's own reading of it gives."""
    words = [sys.executable, "-W", "ignore", "-c", PROGRAM, trained.uri, str(MESSY)]
    done = subprocess.run(words, cwd=tmp_path, env=trained.place.env, capture_output=True, text=True, check=True)
    by_pyfunc, by_sklearn = json.loads(done.stdout)
    assert by_pyfunc == by_sklearn
    from steps.parameters.settings import TrainSettings
    from steps.training.data import examples

    settings = TrainSettings(data=str(MESSY), drop="patient", folds=2)
    shown = examples.get(settings, ["sklearn.ensemble.RandomForestClassifier"]).shown
    import mlflow

    own = mlflow.sklearn.load_model(trained.uri)[-1].predict(shown)
    labelled = pd.read_csv(MESSY)["churned"].notna()
    assert [label for label, known in zip(by_pyfunc, labelled, strict=True) if known][: len(own)] == list(own)


FORMS: dict[str, Any] = {
    "dataframe_records": {"dataframe_records": [ROW]},
    "dataframe_split": {"dataframe_split": {"columns": list(ROW), "data": [list(ROW.values())]}},
    "instances": {"instances": [ROW]},
    "inputs": {"inputs": [ROW]},
    "values alone": {"instances": [list(ROW.values())]},
    "inputs by column": {"inputs": {name: [value] for name, value in ROW.items()}},
    "another order": {"dataframe_records": [dict(reversed(ROW.items()))]},
    "more columns": {"dataframe_records": [{**ROW, "patient": "p99", "churned": None}]},
    "an optional column left out": {"dataframe_records": [{k: v for k, v in ROW.items() if k != "city"}]},
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS)
def test_a_row_is_answered_in_every_form_of_json(address: str, body: Any) -> None:
    """One answer for one row, whatever the form."""
    assert ask(address, body)[0] in ("yes", "no")


@pytest.mark.parametrize("name", ROW)
def test_a_gap_is_answered(address: str, name: str) -> None:
    """Null in JSON, in any column: what fills gaps stands in the model."""
    assert ask(address, {"dataframe_records": [ROW | {name: None}]})[0] in ("yes", "no")


def test_csv_is_answered(address: str) -> None:
    """The training file itself, as it lies there."""
    answers = ask(address, MESSY.read_text(encoding="utf-8-sig"), "text/csv")
    assert len(answers) == 80
    assert set(answers) == {"yes", "no"}


def test_what_can_t_be_read_is_told_by_the_server(address: str) -> None:
    """The answer names the column and the value."""
    with pytest.raises(HTTPError) as caught:
        ask(address, {"dataframe_records": [ROW | {"income": "much"}]})
    assert "the column 'income' holds 'much', which is no number" in caught.value.read().decode()
