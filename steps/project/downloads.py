"""Remote files that parameters of type `path` name: MLflow gives a run a local copy, and one does for all of them."""

import functools
import tempfile
from pathlib import Path

from mlflow.artifacts import download_artifacts

from steps.errors import WrongValue
from steps.project import secrets, storage_packages

_LENGTH = 300
# The part of an address that is of an MLflow server, not of any other web server.
_OF_MLFLOW = "/mlflow-artifacts/"


def local_copy(uri: str, folder: Path) -> str:
    """Download what a URI names into a new folder below `folder`, once in this process; return its path.

    It is downloaded again if the copy is gone: systems clean temporary folders after some days.
    Raises WrongValue, in one line, if that does not work.
    """
    copy = _copy(uri, folder)
    if not Path(copy).exists():
        _copy.cache_clear()
        copy = _copy(uri, folder)
    return copy


@functools.cache
def _copy(uri: str, folder: Path) -> str:
    shown, scheme = secrets.hidden(uri), secrets.scheme(uri) or ""
    if scheme in ("http", "https") and _OF_MLFLOW not in uri:  # it would be sent MLflow's own credentials
        raise WrongValue(
            f"{shown} can't be downloaded: MLflow gets files from stores and its own server, not from the web; "
            "download it, or declare the parameter as a uri"
        )
    folder.mkdir(parents=True, exist_ok=True)
    target = tempfile.mkdtemp(prefix="download-", dir=folder)
    try:
        return str(download_artifacts(artifact_uri=uri, dst_path=target))
    except ImportError as error:
        package = storage_packages.providing(error.name or "", scheme)
        raise WrongValue(f"{shown} can't be downloaded: {scheme}:// needs the package {package}") from error
    except Exception as error:  # of MLflow, requests, a store's own package, the disk
        reason = secrets.hidden(" ".join(str(error).split())) or type(error).__name__
        raise WrongValue(f"{shown} can't be downloaded: {reason[:_LENGTH]}") from error
