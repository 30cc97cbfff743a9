"""A training whose batches come from two processes of each kind: python torch_workers.py --again 0.

The kind of process makes no difference to what is learned.
"""

import argparse

import mlflow
import torch
from forked import parent_has
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, get_worker_info

KINDS = (None, "spawn", "forkserver")


class Squares(Dataset[tuple[Tensor, Tensor, int]]):
    """Numbers that the worker draws, their squares, and which worker that was."""

    def __len__(self) -> int:
        return 64

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor, int]:
        x = torch.rand(1)
        return x, x**2, get_worker_info().id


def main(kind: str | None) -> None:
    """Log the loss of each epoch, and how many workers there were."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    batches = DataLoader(Squares(), batch_size=8, num_workers=2, multiprocessing_context=kind, persistent_workers=True)
    workers: set[int] = set()
    with mlflow.start_run():
        for epoch in range(3):
            for x, y, worker in batches:
                workers.update(worker.tolist())
                loss = nn.functional.mse_loss(model(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            mlflow.log_metric("loss", loss.item(), step=epoch)
        mlflow.log_metric("workers", len(workers))
        mlflow.log_metric("cold", not parent_has("libtorch"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--again", type=int)
    main(KINDS[parser.parse_args().again % len(KINDS)])
