"""Reading small artifacts of runs, with one kind of error for all the stores that they may be in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow.tracking import MlflowClient


def sizes(run_id: str) -> dict[str, int]:
    """Return the files at the top of a run's artifacts, with their bytes. Raises OSError if the store can't be read."""
    with _errors():
        return {file.path: file.file_size or 0 for file in MlflowClient().list_artifacts(run_id)}


def text(run_id: str, path: str) -> str:
    """Return the text of a run's artifact. Raises OSError if there is none, or if the store can't be read."""
    with TemporaryDirectory(prefix="read-") as folder, _errors():
        return Path(MlflowClient().download_artifacts(run_id, path, folder)).read_text(encoding="utf-8")


@contextmanager
def _errors() -> Iterator[None]:
    """Make any error an OSError: MLflow has its own, and each cloud's client others, such as boto3's ClientError."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(str(error)) from error
