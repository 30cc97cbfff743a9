"""Somebody's script that can't bear company: it fails if another process has what its place gives it.

It holds its port, and a lock for each variable of its place, and so do the processes that it leaves behind. `how` is
how it ends: well; killed, the first time; never, whoever asks it to; or because its GPU's memory is full.
"""

import argparse
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import mlflow

NAMES = ("TUNING_PORT", "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "LICENCE")
# A process that does not end when it is asked to.
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"

parser = argparse.ArgumentParser()
parser.add_argument("--x", type=float, default=1.0)
parser.add_argument("--how", default="well")
parser.add_argument("--record", type=Path)
parser.add_argument("--device", default="none")
args = parser.parse_args()

with mlflow.start_run():
    server = socket.create_server(("127.0.0.1", int(os.environ["TUNING_PORT"])))
    held = []
    seen = {name: os.environ[name] for name in NAMES if name in os.environ}
    for name, value in seen.items():
        held.append((args.record / f"{name}={value}").open("w"))
        fcntl.flock(held[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
    mlflow.set_tags(
        {
            **{f"saw.{name}": value for name, value in seen.items()},
            "saw.folder": str(Path.cwd()),
            "saw.files": ",".join(sorted(path.name for path in Path().iterdir())),
            "saw.data": Path("data/small.txt").read_text() + Path("../beside.txt").read_text(),
        }
    )
    Path("best.ckpt").write_text(str(args.x))
    Path("data/small.txt").write_text("mine")
    first = not (args.record / str(args.x)).exists()
    (args.record / str(args.x)).write_text("")
    if args.how == "full":
        raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 15.77 GiB")
    if args.how != "well" and (first or args.how == "never"):
        # With a session of its own, so that no signal to the trial's reaches it.
        descriptors = [file.fileno() for file in held] + [server.fileno()]
        subprocess.Popen([sys.executable, "-c", DEAF], pass_fds=descriptors, start_new_session=True)
        if args.how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)
    mlflow.log_metric("loss", float(Path("best.ckpt").read_text()))
