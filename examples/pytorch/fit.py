"""Train a small network to read digits.

    python fit.py --lr 0.01 --hidden 64

It logs `val_loss` after every epoch, so that a bad trial can be ended early. What it logs last is the loss of the best
epoch's weights. Where TUNING_CHECKPOINT names a folder, it saves itself there after every epoch, and goes on from there
if it was cut off: to the same numbers.
"""

import argparse
import math
import os
from pathlib import Path

import mlflow
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


def load() -> tuple[TensorDataset, TensorDataset]:
    """Split 1,797 pictures of 8 x 8 pixels into those to learn from and those to score on."""
    X, y = load_digits(return_X_y=True)
    X, y = torch.tensor(X / 16, dtype=torch.float32), torch.tensor(y)
    X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, stratify=y, random_state=0)
    return TensorDataset(X_train, y_train), TensorDataset(X_val, y_val)


def network(hidden: int, dropout: float) -> nn.Module:
    return nn.Sequential(nn.Linear(64, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, 10))


def train_epoch(model: nn.Module, batches: DataLoader, optimizer: torch.optim.Optimizer) -> None:
    model.train()
    for X, y in batches:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(X), y).backward()
        optimizer.step()


@torch.no_grad()
def evaluate(model: nn.Module, X: Tensor, y: Tensor) -> tuple[float, float]:
    """Return loss and accuracy."""
    model.eval()
    output = model(X)
    return nn.functional.cross_entropy(output, y).item(), (output.argmax(1) == y).float().mean().item()


def save(state: dict, path: Path) -> None:
    """Write a checkpoint that is never half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def main(args: argparse.Namespace) -> None:
    folder = os.environ.get("TUNING_CHECKPOINT")  # a trial's own, which its next attempt is given too
    checkpoint = Path(folder) / "training.pt" if folder else None
    torch.manual_seed(args.seed)
    training, validation = load()
    batches = DataLoader(training, batch_size=64, shuffle=True)
    model = network(args.hidden, args.dropout)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    done, least, best = 0, math.inf, {}
    if checkpoint and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        done, least, best = state["done"], state["least"], state["best"]
        print(f"goes on after epoch {done}")

    with mlflow.start_run():
        for epoch in range(done, args.epochs):
            train_epoch(model, batches, optimizer)
            loss, _ = evaluate(model, *validation.tensors)
            mlflow.log_metric("val_loss", loss, step=epoch)
            if loss < least:
                least, best = loss, {name: weights.clone() for name, weights in model.state_dict().items()}
            if checkpoint:
                state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
                counts = {"random": torch.get_rng_state(), "done": epoch + 1, "least": least, "best": best}
                save(state | counts, checkpoint)

        model.load_state_dict(best)
        loss, accuracy = evaluate(model, *validation.tensors)
        mlflow.log_metric("val_loss", loss, step=args.epochs)
        mlflow.log_metric("val_accuracy", accuracy)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    main(parser.parse_args())
