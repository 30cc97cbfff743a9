"""Check the place of a study's artifacts: that it can be written, and that it is kept."""

import os
import re
import shlex
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

# Both are MLflow's own and not documented: they decide where MLflow will write, so the check must ask the same.
from mlflow.utils.file_utils import local_file_uri_to_path
from mlflow.utils.uri import is_local_uri

from steps.errors import WrongValue
from steps.names import Tag
from steps.project import storage_packages

_REMEDY = "give another experiment by --experiment-name, made by `mlflow experiments create --artifact-location`"
# The names of the folders that `mlflow run` makes for its clones, with `tempfile.mkdtemp`.
_CLONE = re.compile(r"tmp[a-z0-9_]{8}")


def check(uri: str) -> None:
    """Raise WrongValue if a run's artifacts, whose place is `uri`, could not be written or would not be kept.

    A local folder is tried. Storage behind a network is not, since that may take long, but the package that MLflow
    needs for it must be installed. `mlflow-artifacts:` is written by the server.
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


def check_earlier(parent: Run) -> None:
    """Raise WrongValue if the folder of an experiment's artifacts is gone, though its earlier studies had some.

    MLflow would make it anew. Where a project's folder was moved, that is at the old place, where nobody looks.
    """
    root = re.sub(r"/[^/]+/artifacts/?$", "", parent.info.artifact_uri)
    if not is_local_uri(root) or (path := _path(root)).exists():
        return
    experiment = [parent.info.experiment_id]
    if MlflowClient().search_runs(experiment, f"tags.`{Tag.IDENTITY}` LIKE '%'", max_results=1):
        raise WrongValue(
            f"artifact root {root!r}: is gone, and with it the artifacts of the experiment's earlier studies; move it "
            f"back, or link it to where it is now (ln -s), or make it anew if it was deleted on purpose (mkdir -p "
            f"{shlex.quote(str(path))}), or {_REMEDY}"
        )


def _path(root: str) -> Path:
    with suppress(MlflowException):  # it is a path
        root = local_file_uri_to_path(root)
    return Path(root).absolute()


def _check_folder(root: str) -> None:
    path = _path(root)
    clone = _clone(path)
    if clone is not None:
        raise WrongValue(
            f"artifact root {root!r}: lies in {clone}, a temporary clone that `mlflow run` has made from a Git URL, so "
            f"the artifacts would not be kept; {_REMEDY}"
        )
    existing = next(folder for folder in (path, *path.parents) if os.path.lexists(folder))
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise WrongValue(
            f"artifact root {root!r}: can't be written: {existing}: {error.strerror}; make it writable, or {_REMEDY}"
        ) from error


def _clone(path: Path) -> Path | None:
    """Return the temporary clone that a path lies in, also if the clone is gone by now."""
    temporary = Path(tempfile.gettempdir())
    for base in {temporary, temporary.resolve()}:
        if path.is_relative_to(base) and path != base:
            folder = base / path.relative_to(base).parts[0]
            if _CLONE.fullmatch(folder.name) and ((folder / ".git").exists() or not folder.exists()):
                return folder
    return None
