"""A training that works in process pools of each kind, with a class of its own main module."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass


@dataclass
class Point:
    """What the workers take and return, pickled."""

    x: float


def squared(point: Point) -> Point:
    """Do the work of one worker."""
    return Point(point.x**2)


POINTS = [Point(0.1 * number) for number in range(8)]


def main() -> None:
    """Log what each kind of pool has computed."""
    import mlflow

    with mlflow.start_run():
        for method in ("fork", "spawn", "forkserver"):
            with multiprocessing.get_context(method).Pool(2) as pool:
                mlflow.log_metric(method, sum(point.x for point in pool.map(squared, POINTS)))
        with ProcessPoolExecutor(2) as executor:
            mlflow.log_metric("executor", sum(point.x for point in executor.map(squared, POINTS)))
        with multiprocessing.Manager() as manager:
            shared = manager.list(POINTS)
            mlflow.log_metric("loss", sum(point.x for point in shared))


if __name__ == "__main__":
    main()
