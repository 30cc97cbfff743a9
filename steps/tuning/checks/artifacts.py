"""Where a study's artifacts go: can that be written, and is it there to stay?"""

import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from mlflow.exceptions import MlflowException
from mlflow.utils.file_utils import local_file_uri_to_path
from mlflow.utils.uri import is_local_uri

from steps.errors import WrongValue
from steps.project import storage_packages

_REMEDY = "give another experiment by --experiment-name, made by `mlflow experiments create --artifact-location`"
# The names of the folders that `mlflow run` makes for its clones, with `tempfile.mkdtemp`.
_CLONE = re.compile(r"tmp[a-z0-9_]{8}")


def check(uri: str) -> None:
    """Raise WrongValue where a run's artifacts, whose place is `uri`, could not be written or would not be kept.

    What a server writes (`mlflow-artifacts:`) is its own affair, and what lies behind a network is not tried: that may
    take its time. But what MLflow needs to reach it has to be installed.
    """
    root = re.sub(r"/[^/]+/artifacts/?$", "", uri)
    if is_local_uri(uri):
        _check_folder(root)
        return
    package = storage_packages.missing_for(urlsplit(uri).scheme)
    if package is not None:
        raise WrongValue(
            f"artifact root {root!r}: needs the package {package}, which is not installed; add it to the pip list of "
            f"conda.yaml and install it, or {_REMEDY}"
        )


def _check_folder(root: str) -> None:
    with suppress(MlflowException):  # it is a path
        root = local_file_uri_to_path(root)
    path = Path(root).absolute()
    clone = _clone(path)
    if clone is not None:
        raise WrongValue(
            f"artifact root {root!r}: lies in {clone}, a temporary clone that `mlflow run` has made from a Git URL, so "
            f"the artifacts would not be kept; {_REMEDY}"
        )
    there = next(folder for folder in (path, *path.parents) if os.path.lexists(folder))
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        raise WrongValue(
            f"artifact root {root!r}: can't be written: {there}: {error.strerror}; make it writable, or {_REMEDY}"
        ) from error


def _clone(path: Path) -> Path | None:
    """Return the temporary clone that a path lies in; one that is gone counts too."""
    temporary = Path(tempfile.gettempdir())
    for base in {temporary, temporary.resolve()}:
        if path.is_relative_to(base) and path != base:
            folder = base / path.relative_to(base).parts[0]
            if _CLONE.fullmatch(folder.name) and ((folder / ".git").exists() or not folder.exists()):
                return folder
    return None
