"""A training that logs its loss in the last moment, or through a thread: python late.py HOW."""

import atexit
import sys
import threading
import time

import mlflow


def log(run_id: str | None = None) -> None:
    """Log the objective."""
    mlflow.log_metric("loss", 0.25, run_id=run_id)


def late(run_id: str) -> None:
    """Work for some time after the main thread has ended."""
    time.sleep(0.5)
    log(run_id)


how = sys.argv[1]
if how == "unended":  # MLflow ends this run by an exit handler
    mlflow.log_metric("loss", 0.25, synchronous=False)
    time.sleep(0.5)  # it leaves its queue: MLflow itself drops what is queued when the interpreter ends
    sys.exit()
with mlflow.start_run() as run:
    if how == "atexit":
        mlflow.log_param("early", 1)
    if how == "daemon":
        threading.Thread(target=time.sleep, args=(100_000,), daemon=True).start()
        log()
    if how == "asynchronous":
        mlflow.log_metric("loss", 0.25, synchronous=False)
        mlflow.config.enable_async_logging()
        for step in range(20):
            mlflow.log_metric("later", step / 20, step=step)
        mlflow.log_param("last", "yes")
if how == "atexit":
    atexit.register(log, run.info.run_id)
if how == "thread":
    threading.Thread(target=late, args=[run.info.run_id]).start()
