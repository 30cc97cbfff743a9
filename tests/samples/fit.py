"""Somebody's own script, which MLproject does not declare: it logs val_loss by epoch, and the words it was given."""

import argparse
import json
import sys

import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
parser.add_argument("--hidden", type=int, default=32)
parser.add_argument("--layers", type=int, default=2)
parser.add_argument("--note", default="none")
args = parser.parse_args()

with mlflow.start_run():
    mlflow.set_tag("words", json.dumps(sys.argv[1:]))
    for epoch in range(3):
        mlflow.log_metric("val_loss", args.layers / (epoch + 1) + args.hidden * (args.lr - 0.01) ** 2, step=epoch)
