"""What MLflow, and what is below it, raise about a tracking server or database -> one sentence and an exit code.

All of that translation stands here: `check_uri` before anything is asked of the server, `explain` behind an error.
"""

import errno
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import mlflow
from mlflow.exceptions import MlflowException

from steps.errors import StepError, Unreachable, WrongValue
from steps.project import secrets, storage_packages

RUN_ID = "MLFLOW_RUN_ID"
_URI = "MLFLOW_TRACKING_URI"
# The one that MLflow goes by comes first.
_EXPERIMENT = ("MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID")
_ANOTHER = f"name another in {_URI}"
# What MLflow and alembic say of a database that an older or a newer MLflow has made.
_OTHER_SCHEMA = r"out-of-date database schema|Can't locate revision"
_READ_ONLY = r"attempt to write a readonly database"
_FULL = r"database or disk is full|No space left on device|Disk quota exceeded"
_NO_DATABASE = r"file is not a database|database disk image is malformed"
_NOT_MLFLOWS = r"no such (table|column): |has no column named "
_REFUSED = r"failed with error code 40[13] |(UNAUTHENTICATED|PERMISSION_DENIED|CUSTOMER_UNAUTHORIZED): "
# A page for people, or nothing of MLflow's at this path; a redirect to where people log in.
_NO_MLFLOW = r"not in a valid JSON format|failed with error code (404|405) |Exceeded \d+ redirects|BadStatusLine"
# What is a matter of time.
_UNREACHABLE = r"API request to |database is locked|Max retries exceeded"
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_LONGEST = 300


def where() -> str:
    """Return the tracking URI, without a user's name or password."""
    return secrets.hidden(mlflow.get_tracking_uri())


def check_uri() -> None:
    """Raise WrongValue for a tracking URI that MLflow would only fail on after minutes of trying, or not say why."""
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
    """Say in a sentence what is the matter with the tracking server, its database or the disk; None for all else.

    `run_id` is the step's own run, where `mlflow run` has made one.
    """
    if isinstance(error, StepError):
        return None
    for inner in _chain(error):
        if isinstance(inner, OSError) and inner.errno in _DISK:
            return _disk(inner)
        if isinstance(inner, ModuleNotFoundError) and inner.name and "sqlalchemy" in _places(inner):
            return _no_driver(inner.name)
    text = "\n".join(f"{type(inner).__name__}: {inner}" for inner in _chain(error))
    own = _run(text, run_id) if run_id else None
    return own or _environment(text, isinstance(error, MlflowException)) or _database(text) or _server(text, error)


def no_mlflow() -> WrongValue:
    """Say that a server is another one than MLflow's."""
    return WrongValue(f"the server {where()} answers, but not as MLflow's does; {_ANOTHER}")


def _environment(text: str, from_mlflow: bool) -> StepError | None:
    """Explain what is wrong with a variable that MLflow reads."""
    if found := re.search(r"Failed to convert ('.*?') for (MLFLOW_\w+): (.*)", text):
        return WrongValue(f"{found[2]} {found[1]}: can't be read: {found[3]}")
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


def _run(text: str, run_id: str) -> StepError | None:
    if f"Run with id={run_id} not found" not in text and f'Invalid value "{run_id}" for parameter' not in text:
        return None
    return WrongValue(
        f"{RUN_ID} {run_id!r}: Run with id={run_id} not found in {where()}; make {_URI} absolute where it is relative, "
        f"and unset {RUN_ID} where the step is started by hand"
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
    given = [f"{name} {os.environ[name]!r}" for name in _EXPERIMENT if name in os.environ]
    return WrongValue(f"{given[0] if given else 'the experiment'}: {reason}")


def _database(text: str) -> StepError | None:
    if re.search(_OTHER_SCHEMA, text):
        return WrongValue(_other_schema())
    if re.search(_FULL, text):
        return StepError(f"the disk of the tracking database {where()} is full: make room, and start again")
    if re.search(_READ_ONLY, text):
        return WrongValue(
            f"the tracking database {where()} is read-only for this user: make the file and its folder writable, or "
            f"{_ANOTHER}"
        )
    if re.search(_NO_DATABASE, text):
        return WrongValue(f"the tracking database {where()} is no SQLite database, or a broken one: {_ANOTHER}")
    if re.search(_NOT_MLFLOWS, text):
        return WrongValue(f"the tracking database {where()} is not MLflow's, or a broken one: {_ANOTHER}")
    return None


def _server(text: str, error: BaseException) -> StepError | None:
    if re.search(_REFUSED, text):
        return WrongValue(
            f"the tracking server {where()} refuses this user: {_reason(text, error)}; a token may have expired: renew "
            "MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
        )
    if re.search(_NO_MLFLOW, text):
        return no_mlflow()
    if found := re.search(r"\[SSL: ([A-Z_]+)\]", text):
        return WrongValue(
            f"the tracking server {where()}: no https: {found[1]}; name it by http:// where it has none, or its "
            "certificate in MLFLOW_TRACKING_SERVER_CERT_PATH"
        )
    if re.search(_UNREACHABLE, text):
        return Unreachable(f"the tracking server {where()} can't be used: {_reason(text, error)}")
    return None


def _reason(text: str, error: BaseException) -> str:
    """Say what happened, of all that requests and MLflow say about what they did about it."""
    for sign, said in (
        (r"Failed to establish a new connection: (?:\[Errno \d+\] )?([^\"')]+)", r"\1"),
        (r"Failed to resolve '([^']+)'", r"there is no host \1"),
        (r"too many (\d+) error responses", r"it answers with error \1"),
        (r"ReadTimeoutError|ConnectTimeoutError|timeout exception", "it does not answer in time"),
        (r"failed with error code (\d+) .*?Response body: '(.*?)'(?:\n|$)", r"error \1: \2"),
    ):
        if found := re.search(sign, text, re.DOTALL):
            return _one_line(found.expand(said))
    return _one_line(str(error))


def _disk(error: OSError) -> StepError:
    file = f" {str(error.filename)!r}" if error.filename else ""
    full = error.errno != errno.EROFS
    remedy = "make room on that disk, and start again" if full else "name a folder that can be written to"
    return StepError(f"can't write{file or ' a file'}: {error.strerror}: {remedy}")


def _no_driver(module: str) -> WrongValue:
    package = storage_packages.providing(module)
    return WrongValue(f"{_URI} {where()!r}: needs the package {package}; add it to the pip list of conda.yaml")


def _other_schema() -> str:
    return (
        f"the tracking database {where()} has the schema of another MLflow than conda.yaml's {mlflow.__version__}: "
        f"start the project with mlflow=={mlflow.__version__} (scripts/run does), or name another database in "
        f"{_URI}; an older one is brought up to date by `mlflow db upgrade {shlex.quote(where())}`"
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it came from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _places(error: BaseException) -> str:
    """Return the files that an error came through."""
    found, trace = [], error.__traceback__
    while trace is not None:
        found.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    return "\n".join(found)


def _one_line(text: str) -> str:
    line = secrets.hidden(" ".join(text.split()))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
