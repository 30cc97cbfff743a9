"""Somebody's own training script: fits y = 3x by gradient descent and logs the loss of each epoch."""

import argparse

import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
parser.add_argument("--momentum", type=float, default=0.0)
parser.add_argument("--epochs", type=int, default=8)
args = parser.parse_args()

with mlflow.start_run():
    weight, speed = 0.0, 0.0
    for epoch in range(args.epochs):
        speed = args.momentum * speed - args.lr * 2 * (weight - 3)
        weight += speed
        mlflow.log_metric("loss", (weight - 3) ** 2, step=epoch)
