"""Errors of MLflow, SQLAlchemy, requests and the disk become one sentence and an exit code.

`check_uri` refuses a tracking URI before the server is asked anything; `explain` translates an error that was raised.
"""

import errno
import os
import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import mlflow
from mlflow.exceptions import MlflowException

from steps.errors import StepError, Unreachable, WrongValue
from steps.names import Variable
from steps.project import secrets, storage_packages
from steps.tracking import database_errors, mlflow_variables, way_to_server

_URI = "MLFLOW_TRACKING_URI"
# If both are set, MLflow takes the first.
_EXPERIMENT = ("MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID")
_ANOTHER = database_errors.ANOTHER
# Patterns of the messages of MLflow and what it uses.
_REFUSED = r"failed with error code 40[13] |(UNAUTHENTICATED|PERMISSION_DENIED|CUSTOMER_UNAUTHORIZED): "
# Another server than MLflow's: a page for people, nothing at this path, a redirect to a login.
_NO_MLFLOW = r"not in a valid JSON format|failed with error code (404|405) |Exceeded \d+ redirects|BadStatusLine"
# What may pass by itself.
_UNREACHABLE = r"API request to |database is locked|Max retries exceeded"
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_FULL_DISK = (errno.ENOSPC, errno.EDQUOT)
# What else a folder is that artifacts can't be written to, by an error that MLflow's module for that raises.
_FOLDER_ERRORS = (errno.ENOTDIR, errno.EEXIST, errno.EACCES, errno.EPERM, errno.EIO, errno.ESTALE)
_ARTIFACTS = "store/artifact/local_artifact_repo.py"
_MAX_LENGTH = 300


def where() -> str:
    """Return the tracking URI, without a user's name or password."""
    return secrets.hidden(mlflow.get_tracking_uri())


def check_uri() -> None:
    """Raise WrongValue for a tracking URI with which MLflow would try for minutes, or fail without a reason."""
    uri = mlflow.get_tracking_uri()
    if uri.startswith(("http:", "https:")):
        if not urlsplit(uri).hostname:
            raise WrongValue(f"{_URI} {where()!r}: has no host; must be such as http://127.0.0.1:5000")
        return
    if not uri.startswith("sqlite:"):
        return
    database = re.match(r"sqlite:///([^?]*)", uri)
    if not database:
        raise WrongValue(f"{_URI} {where()!r}: must be such as sqlite:////home/you/mlflow.db")
    if database[1].startswith((":memory:", "file:")) or not database[1]:
        return
    path = Path(database[1])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)  # as MLflow does
    except OSError as error:
        raise WrongValue(
            f"{_URI} {uri!r}: its folder {str(path.parent)!r} can't be made: {error.strerror}; {_ANOTHER}"
        ) from error
    if path.is_dir():
        raise WrongValue(
            f"{_URI} {uri!r}: is a folder; must be the path of a file, such as {uri.rstrip('/')}/mlflow.db"
        )
    if not os.access(path if path.exists() else path.parent, os.R_OK):
        raise WrongValue(f"{_URI} {uri!r}: can't be read by this user: make it readable, or {_ANOTHER}")


def explain(error: BaseException, run_id: str | None = None) -> StepError | None:
    """Translate an error of the tracking server, its database or the disk; return None for any other.

    `run_id` is the step's own run, if `mlflow run` has made one.
    """
    if isinstance(error, StepError):
        return None
    for inner in causes(error):
        if isinstance(inner, OSError) and (inner.errno in _DISK_ERRORS or _is_of_artifacts(inner)):
            return _disk(inner)
        if isinstance(inner, ModuleNotFoundError) and inner.name and "sqlalchemy" in _files_in_traceback(inner):
            return _no_driver(inner.name)
    text = "\n".join(f"{type(inner).__name__}: {inner}" for inner in causes(error))
    return (
        (_missing_run(text, run_id) if run_id else None)
        or _environment(text, isinstance(error, MlflowException))
        or database_errors.explain(text, where())
        or _server(text, error)
    )


def no_mlflow() -> WrongValue:
    """Return the error that a server answers, but is not MLflow's."""
    return WrongValue(f"the server {where()} answers, but not as MLflow's does; {_ANOTHER}")


def _environment(text: str, from_mlflow: bool) -> StepError | None:
    """Explain what is wrong with a variable that MLflow reads."""
    if (refused := mlflow_variables.explain(text)) is not None:
        return refused
    if "got unsupported URI" in text:
        return WrongValue(
            f"{_URI} {where()!r}: MLflow knows no such scheme; must be a server (http://…, https://…) or a database "
            "(sqlite:///…, postgresql://…, mysql://…, mssql://…)"
        )
    if "filesystem tracking backend" in text:
        return WrongValue(
            f"{_URI} {where()!r}: is a folder, which MLflow does not write to any more; name a database, such as "
            "sqlite:///mlflow.db, and bring the old runs there by `mlflow migrate-filestore`"
        )
    return _experiment(text) if from_mlflow else None


def _missing_run(text: str, run_id: str) -> StepError | None:
    if f"Run with id={run_id} not found" not in text and f'Invalid value "{run_id}" for parameter' not in text:
        return None
    return WrongValue(
        f"{Variable.RUN_ID} {run_id!r}: Run with id={run_id} not found in {where()}; make {_URI} absolute where it is "
        f"relative, and unset {Variable.RUN_ID} where the step is started by hand"
    )


def _experiment(text: str) -> StepError | None:
    if "must be in the 'active' state" in text and "experiment" in text:
        reason = "has been deleted: restore it by `mlflow experiments restore`, or name another"
    elif "MLFLOW_EXPERIMENT_ID environment variable" in text and "does not exist" in text:
        reason = f"there is no such experiment in {where()}; name one that is there"
    elif "Invalid experiment name" in text or "does not match the experiment id" in text:
        reason = "must be the name of an experiment, and that of MLFLOW_EXPERIMENT_ID where both are set"
    else:
        return None
    variables = [f"{name} {os.environ[name]!r}" for name in _EXPERIMENT if name in os.environ]
    return WrongValue(f"{variables[0] if variables else 'the experiment'}: {reason}")


def _server(text: str, error: BaseException) -> StepError | None:
    uri = mlflow.get_tracking_uri()
    if elsewhere := way_to_server.explain(text, uri):
        return elsewhere
    if re.search(_REFUSED, text):
        proxy = way_to_server.proxy_of(uri)
        return WrongValue(
            f"the tracking server {where()} refuses this user: {_reason(text, error)}; a token may have expired: renew "
            "MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
            + (f"; or it is {proxy} that refuses" if proxy else "")
        )
    if re.search(_NO_MLFLOW, text):
        return no_mlflow()
    if match := re.search(r"\[SSL: ([A-Z_]+)\]", text):
        return WrongValue(
            f"the tracking server {where()}: no https: {match[1]}; name it by http:// where it has none, or its "
            "certificate in MLFLOW_TRACKING_SERVER_CERT_PATH"
        )
    if re.search(_UNREACHABLE, text):
        return Unreachable(f"the tracking server {where()} can't be used: {_reason(text, error)}")
    return None


def _reason(text: str, error: BaseException) -> str:
    """Pick the cause from a long message of requests or MLflow, which also tells of every retry."""
    for pattern, reason in (
        (r"Failed to establish a new connection: (?:\[Errno \d+\] )?([^\"')]+)", r"\1"),
        (r"Failed to resolve '([^']+)'", r"there is no host \1"),
        (r"too many (\d+) error responses", r"it answers with error \1"),
        (r"ReadTimeoutError|ConnectTimeoutError|timeout exception", "it does not answer in time"),
        (r"failed with error code (\d+) .*?Response body: '(.*?)'(?:\n|$)", r"error \1: \2"),
    ):
        if match := re.search(pattern, text, re.DOTALL):
            return _one_line(match.expand(reason))
    return _one_line(str(error))


def _disk(error: OSError) -> StepError:
    file = f" {str(error.filename)!r}" if error.filename else ""
    is_full = error.errno in _FULL_DISK
    remedy = "make room on that disk, and start again" if is_full else "name a folder that can be written to"
    return StepError(f"can't write{file or ' a file'}: {error.strerror}: {remedy}")


def _is_of_artifacts(error: OSError) -> bool:
    return error.errno in _FOLDER_ERRORS and _ARTIFACTS in _files_in_traceback(error)


def _no_driver(module: str) -> WrongValue:
    package = storage_packages.providing(module)
    return WrongValue(f"{_URI} {where()!r}: needs the package {package}; add it to the pip list of conda.yaml")


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and its causes."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _files_in_traceback(error: BaseException) -> str:
    """Return the paths of the files in an error's traceback."""
    return "\n".join(frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__))


def _one_line(text: str) -> str:
    line = secrets.hidden(" ".join(text.split()))
    return line if len(line) <= _MAX_LENGTH else f"{line[:_MAX_LENGTH]}…"
