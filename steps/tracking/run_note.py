"""What MLflow's UI says of a step's own run that trained nothing: its description; and its role, which says so too."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from steps.errors import WrongValue
from steps.names import Role, Tag, Variable
from steps.tracking import sqlite_uri

# The characters that are kept of a description.
_MOST = 5_000
# A description is not worth waiting for a server that does not answer.
_AT_ONCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}


def refused(error: WrongValue) -> None:
    """Say of a step that was refused that nothing was run, and why, in the run that `mlflow run` or it has made.

    A trial's run is described by its tuner.
    """
    run_id = error.run_id or os.environ.get(Variable.RUN_ID)
    if run_id is not None and os.environ.get(Variable.TUNER) in (None, str(os.getpid())):
        with _at_best():
            sqlite_uri.refuse_another(run_id)
            nothing_run(run_id, f"Nothing was run: {_listed([escaped(problem) for problem in error.problems])}")


def of_this_step(text: str) -> None:
    """Describe the run that `mlflow run` has made for a step that needs none."""
    run_id = os.environ.get(Variable.RUN_ID)
    if run_id is not None:
        with _at_best():
            sqlite_uri.refuse_another(run_id)
            nothing_run(run_id, text)


def nothing_run(run_id: str, text: str) -> None:
    """Write to a run, in Markdown, why nothing was run."""
    write(run_id, text, Role.NOTHING)


def write(run_id: str, text: str, role: str) -> None:
    """Write a run's description, in Markdown, and its role."""
    # Imported only now, because a wrong value is answered before MLflow is imported.
    from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

    from steps.tracking.write import record

    record(run_id, tags={MLFLOW_RUN_NOTE: text[:_MOST], Tag.ROLE: role})


def escaped(text: str) -> str:
    """Escape the characters that have a meaning in Markdown."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|" else sign for sign in text)


def _listed(problems: list[str]) -> str:
    return problems[0] if len(problems) == 1 else "".join(f"\n- {problem}" for problem in problems)


@contextmanager
def _at_best() -> Iterator[None]:
    """Write at once or not at all: without a word, since the step has said what there is to say, and no traceback."""
    standing = {name: os.environ.get(name) for name in _AT_ONCE}
    os.environ.update(_AT_ONCE)
    logging.disable()
    try:
        with suppress(Exception, KeyboardInterrupt):
            yield
    finally:
        logging.disable(logging.NOTSET)
        for name, value in standing.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
