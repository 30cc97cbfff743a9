"""A training that goes on from its checkpoint; the first of all dies at epoch 7, the next one waits there to be killed.

It logs `gap` at each epoch, whose least is `lr`, at epoch 5.
What has happened so far stands as files in the folder of the variable DISTURBED.
"""

import argparse
import json
import os
import signal
from pathlib import Path

import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--epochs", type=int, default=12)
parser.add_argument("--refit")
parser.add_argument("--checkpoint", type=Path)
args = parser.parse_args()
assert args.checkpoint is None or str(args.checkpoint) == os.environ["TUNING_CHECKPOINT"]
folder = args.checkpoint or Path(os.environ["TUNING_CHECKPOINT"])
folder.mkdir(parents=True, exist_ok=True)


def disturb(how: str) -> bool:
    """Tell whether it is time for this; it is once."""
    marker = Path(os.environ["DISTURBED"], how)
    if "DISTURBED" not in os.environ or marker.exists():
        return False
    marker.touch()
    return True


saved = folder / "state.json"
state = json.loads(saved.read_text()) if saved.exists() else {"epoch": 0, "weight": 0.0}
began = state["epoch"]
with mlflow.start_run():
    mlflow.log_metric("began", began)
    while state["epoch"] < args.epochs:
        state = {"epoch": state["epoch"] + 1, "weight": state["weight"] - args.lr * 2 * (state["weight"] - 3)}
        mlflow.log_metric("gap", args.lr + (state["epoch"] - 5) ** 2, step=int(state["epoch"]))
        (folder / "new").write_text(json.dumps(state))
        (folder / "new").replace(saved)  # it is never half written
        if state["epoch"] == 7:
            if disturb("killed"):
                os.kill(os.getpid(), signal.SIGKILL)
            if disturb("waits"):
                signal.pause()
    mlflow.log_metric("loss", (state["weight"] - 3) ** 2)
