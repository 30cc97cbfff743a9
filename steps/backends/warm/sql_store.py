"""Open the tracking database once, before the forks: MLflow takes 0.1 s of each process for that.

A part of `launcher`, under the same rules: any Python from 3.9 on, the standard library alone; and any MLflow.
"""

import gc
import sys
from typing import Any

_SQL = ("sqlite", "postgresql", "mysql", "mssql")


def open_for_forks(uri: str, run_id: str) -> None:
    """Read a trial's run, if MLflow is imported and a database has the runs, and leave no connection open.

    MLflow keeps the store, by its URI: forks find it there. An error is ignored here: the trial meets it too, and says
    it.
    """
    mlflow: Any = sys.modules.get("mlflow")
    if mlflow is None or not uri.startswith(_SQL):
        return
    try:
        mlflow.MlflowClient(tracking_uri=uri).get_run(run_id)
    except Exception:  # of any kind that MLflow, or a driver, has
        pass
    engine: Any = getattr(sys.modules.get("sqlalchemy.engine"), "Engine", None)
    if engine is not None:
        for found in [found for found in gc.get_objects() if isinstance(found, engine)]:
            found.dispose()
