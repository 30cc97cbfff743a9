"""A logged model, served by MLflow as it is."""

import json
import signal
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from tests.e2e.tools import Place, free_port, outputs, until

pytestmark = pytest.mark.e2e

MESSY = Path(__file__).parent.parent / "samples" / "messy.csv"
_STARTS_S = 240


@pytest.mark.slow
def test_mlflow_serves_the_model_of_a_messy_table(place: Place) -> None:
    """`mlflow models serve` answers raw rows of the table as the loaded model does; the run is tagged `skops`."""
    place.mlflow_run("train", data=MESSY, drop="patient", folds=2, n_estimators=5)
    (run,) = place.client.search_runs(["0"])
    assert run.data.tags["tuning.model_format"] == "skops"
    (output,) = outputs(run)
    mlflow.set_tracking_uri(place.uri)
    model = mlflow.pyfunc.load_model(f"models:/{output.model_id}")
    rows = model.input_example
    assert isinstance(rows, pd.DataFrame)
    assert served(place, output.model_id, rows) == [str(label) for label in model.predict(rows)]


def served(place: Place, model_id: str, rows: pd.DataFrame) -> list[str]:
    """Serve a model, ask for predictions, and end the server."""
    port = free_port()
    words = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", f"models:/{model_id}"]
    process = place.start([*words, "--env-manager", "local", "--port", str(port)])
    try:
        until(lambda: _ping(port, process), _STARTS_S, "a server of the model")
        body = json.dumps({"dataframe_split": json.loads(rows.to_json(orient="split", date_format="iso"))}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/invocations", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return [str(label) for label in json.loads(answer.read())["predictions"]]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=120)


def _ping(port: int, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=2) as answer:
        return bool(answer.status == 200)
    return False
