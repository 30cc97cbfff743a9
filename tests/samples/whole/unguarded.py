"""A training whose pool stands in the main module, without `if __name__ == "__main__"`: on Linux that works."""

import multiprocessing

import mlflow


def squared(x):
    """Do the work of one worker."""
    return x * x


with multiprocessing.Pool(2) as pool, mlflow.start_run():
    mlflow.log_metric("loss", sum(pool.map(squared, range(9))))
