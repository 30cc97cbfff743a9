"""Somebody's own training script: fits y = 3x by gradient descent and logs the loss of each epoch."""

import argparse

import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
parser.add_argument("--momentum", type=float, default=0.0)
parser.add_argument("--epochs", type=int, default=8)
parser.add_argument("--seed", type=float, default=0)
parser.add_argument("--data", default="none")
args = parser.parse_args()

with mlflow.start_run():
    mlflow.set_tags({"saw seed": args.seed, "saw data": args.data})
    weight, speed = 0.0, 0.0
    for epoch in range(args.epochs):
        speed = args.momentum * speed - args.lr * 2 * (weight - 3)
        weight += speed
        mlflow.log_metric("loss", (weight - 3) ** 2, step=epoch)
