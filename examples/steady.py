"""A training that can be killed at any epoch: it goes on from its checkpoint, and ends with the same loss."""

import argparse
import json
import os
from pathlib import Path

import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
parser.add_argument("--epochs", type=int, default=30)
args = parser.parse_args()

folder = Path(os.environ.get("TUNING_CHECKPOINT", "checkpoint"))
folder.mkdir(parents=True, exist_ok=True)
saved = folder / "state.json"
state = json.loads(saved.read_text()) if saved.exists() else {"epoch": 0, "weight": 0.0}

with mlflow.start_run():
    if state["epoch"] >= args.epochs:  # killed after the last epoch was saved: no epoch is left, but its loss is wanted
        mlflow.log_metric("loss", (state["weight"] - 3) ** 2, step=state["epoch"])
    while state["epoch"] < args.epochs:
        state["weight"] -= args.lr * 2 * (state["weight"] - 3)  # a step down the gradient of the loss
        state["epoch"] += 1
        mlflow.log_metric("loss", (state["weight"] - 3) ** 2, step=state["epoch"])
        (folder / "new.json").write_text(json.dumps(state))
        (folder / "new.json").replace(saved)  # never half written
