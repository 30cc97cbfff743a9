"""A file behind a URI, fetched once per study and machine.

The tuner names a folder in the environment (Variable.FILES). The first process of the study that needs the file, its
launcher, fetches it into that folder, and all others read the copy. A fork does the fetching, so that no pooled
connection stays in a process from which children are forked. A process without such a folder fetches for itself.
"""

import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steps.errors import Interrupted, WrongValue
from steps.names import Variable
from steps.parameters.option import option
from steps.process import orphans
from steps.project import storage_packages
from steps.project.secrets import scheme

_CHUNK = 1024 * 1024
# How often a server is asked again, and how many seconds may pass without a byte.
_RETRIES = 3
_TIMEOUT_S = 60


@contextmanager
def copy_of(uri: str) -> Iterator[Path]:
    """Give the path of a local copy of the file that a URI names. Raises WrongValue if it can't be fetched."""
    shared = os.environ.get(Variable.FILES)
    if shared and Path(shared).is_dir():
        yield _shared_copy(uri, Path(shared) / hashlib.sha256(uri.encode()).hexdigest())
    else:
        with tempfile.TemporaryDirectory(prefix="tune-") as folder:
            yield _fetch(uri, Path(folder))


def _shared_copy(uri: str, folder: Path) -> Path:
    copy, failed = folder / "copy", folder / "failed"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # whoever comes second waits, then finds the copy
        if not copy.exists() and not failed.exists():
            pid = os.fork()
            if pid == 0:
                _fetch_and_exit(uri, folder, failed)
            os.waitpid(pid, 0)
    if failed.exists():  # so that no second process waits for the same server
        raise WrongValue(failed.read_text(encoding="utf-8"))
    if not copy.exists():
        raise WrongValue(f"{option('data', uri)}: the process that fetched it was ended; start again")
    (path,) = copy.iterdir()
    return path


def _fetch_and_exit(uri: str, folder: Path, failed: Path) -> None:
    """Fetch into `folder/copy`, or write to `failed` why that can't be; the body of a fork."""
    try:
        orphans.follow([os.getppid()])
        target = Path(tempfile.mkdtemp(dir=folder))  # an earlier one may have been killed at it
        _fetch(uri, target)
        target.rename(folder / "copy")
        os._exit(0)
    except Interrupted:  # says nothing of the file: whoever needs it next tries again
        os._exit(1)
    except WrongValue as error:
        text = str(error)
    except BaseException as error:
        text = f"{option('data', uri)}: can't be fetched: {_reason(error)}"
    failed.write_text(text, encoding="utf-8")
    os._exit(1)


def _fetch(uri: str, folder: Path) -> Path:
    """Download the file that a URI names into an empty folder; return its path."""
    try:
        path = _from_web(uri, folder) if scheme(uri) in ("http", "https") else _by_mlflow(uri, folder)
    except ImportError as error:
        kind = scheme(uri) or ""
        package = storage_packages.providing(error.name, kind) if error.name else str(error)
        raise WrongValue(
            f"{option('data', uri)}: {kind}:// needs the package {package}; add it to the pip list of conda.yaml"
        ) from error
    except Exception as error:
        raise WrongValue(f"{option('data', uri)}: can't be fetched: {_reason(error)}") from error
    if not path.is_file():
        raise WrongValue(f"{option('data', uri)}: must name one file, and names a folder")
    return path


def _from_web(uri: str, folder: Path) -> Path:
    # `download_artifacts` would take the web server for an MLflow one, and send it MLflow's credentials.
    from mlflow.utils.request_utils import cloud_storage_http_request

    with cloud_storage_http_request("GET", uri, max_retries=_RETRIES, timeout=_TIMEOUT_S, stream=True) as response:
        response.raise_for_status()
        path = folder / "table"
        with path.open("wb") as target:
            for chunk in response.iter_content(_CHUNK):
                target.write(chunk)
    return path


def _by_mlflow(uri: str, folder: Path) -> Path:
    from mlflow.artifacts import download_artifacts

    return Path(download_artifacts(artifact_uri=uri, dst_path=str(folder)))


def _reason(error: BaseException) -> str:
    # urllib3 wraps the cause in the story of its retries.
    inner = re.search(r"Failed to establish a new connection: ([^\"']+)|Failed to resolve [^\"]+", str(error))
    if inner:
        return inner[1] or inner[0].rstrip(")")
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
