"""Train a small network to read digits.

    python fit.py --lr 0.01 --hidden 64


It logs `val_loss` after every epoch, so that a bad trial can be ended early. What it logs last is the loss of the best
epoch's weights, read back from a file.
"""

import argparse
import math

import mlflow
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

CHECKPOINT = "best.ckpt"  # in the current folder: a trial has one of its own


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


def main(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    training, validation = load()
    batches = DataLoader(training, batch_size=64, shuffle=True)
    model = network(args.hidden, args.dropout)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    least = math.inf
    with mlflow.start_run():
        for epoch in range(args.epochs):
            train_epoch(model, batches, optimizer)
            loss, _ = evaluate(model, *validation.tensors)
            mlflow.log_metric("val_loss", loss, step=epoch)
            if loss < least:
                least = loss
                torch.save(model.state_dict(), CHECKPOINT)

        model.load_state_dict(torch.load(CHECKPOINT, weights_only=True))
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
