"""A training that ends in an unusual way: python ends.py HOW."""

import ctypes
import os
import signal
import sys

import click
import mlflow


def fit(depth: int) -> None:
    """Fail, some calls deep."""
    if depth:
        fit(depth - 1)
    raise ValueError("boom")


@click.command()
@click.argument("how")
def main(how: str) -> None:
    """Log the loss and end; click itself ends by `sys.exit(0)`."""
    with mlflow.start_run():
        mlflow.log_metric("loss", 0.125)
    print("printed before")  # to a file, which Python writes in blocks
    if how == "text":
        sys.exit("no such luck")
    if how == "os_exit":
        os._exit(0)
    if how == "handler":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
        os.kill(os.getpid(), signal.SIGTERM)
    if how == "exception":
        fit(2)
    if how == "segfault":
        ctypes.string_at(0)


if __name__ == "__main__":
    main()
