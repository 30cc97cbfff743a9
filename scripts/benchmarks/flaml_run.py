"""Give FLAML a table and some seconds; print its predictions for other rows. Run by the interpreter of its environment.

python flaml_run.py <training.parquet> <others.parquet> <task> <metric> <seconds> <seed>
"""

import json
import sys
import time

BEGAN = time.monotonic()
# Kept for the predictions and the end of the process.
_END_S = 1.0
TARGET = "the target"


def main(training: str, others: str, task: str, metric: str, seconds: str, seed: str) -> None:
    """Fit, then print the predictions as JSON."""
    # Imported here, since only the other environment has it; it counts.
    import pandas as pd
    from flaml import AutoML  # type: ignore[import-not-found]

    rows = pd.read_parquet(training)
    automl = AutoML()
    automl.fit(
        rows.drop(columns=TARGET),
        rows[TARGET],
        task=task,
        metric=metric,
        time_budget=max(1.0, float(seconds) - _END_S - (time.monotonic() - BEGAN)),
        seed=int(seed),
        verbose=0,
    )
    print(json.dumps(automl.predict(pd.read_parquet(others)).tolist()))


if __name__ == "__main__":
    main(*sys.argv[1:])
