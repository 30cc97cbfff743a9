"""A training by two processes that torchrun starts: torchrun --nproc-per-node=2 two_processes.py HOW AGAIN.

Before that it logs how many processes of other calls of torchrun there are.
"""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import mlflow
import torch
from torch import distributed


def others() -> int:
    """Count the processes that another torchrun of this test has started."""
    count = 0
    mark = f"TEST_MARK={os.environ['TEST_MARK']}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone meanwhile
            parent = int(folder.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            variables = folder.joinpath("environ").read_bytes().split(b"\0")
            is_worker = any(variable.startswith(b"LOCAL_RANK=") for variable in variables)
            count += mark in variables and is_worker and parent != os.getppid()
    return count


def main(how: str) -> None:
    """Log the sum that both processes know, then end as is asked for."""
    distributed.init_process_group("gloo")
    rank = distributed.get_rank()
    total = torch.tensor([rank + 1.0])
    distributed.all_reduce(total)
    if rank == 0:
        with mlflow.start_run():
            mlflow.log_metrics({"left": others(), "processes": distributed.get_world_size(), "loss": total.item()})
    distributed.barrier()
    if how == "fails" and rank == 1:
        raise ValueError("boom")
    if how in ("hangs", "killed"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        distributed.barrier()
    if how == "killed" and rank == 0:
        os.kill(os.getppid(), signal.SIGKILL)
    if how in ("fails", "hangs", "killed"):
        time.sleep(600)
    distributed.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1])
