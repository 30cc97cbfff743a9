"""Environment variables of Python and MLflow under which a step would end otherwise than it should."""

import os
import sys

# MLflow's variables that no step and no trial has, each with the reason. The others are MLflow's business; a table in
# tests/tracking/mlflow_variables.py has all of them.
LEFT_OUT = {
    "MLFLOW_ENABLE_ASYNC_LOGGING": "a study reads at once what a trial has logged",
    "MLFLOW_ACTIVE_MODEL_ID": "metrics of every trial would go to one model, which need not exist in this database",
    "_MLFLOW_ACTIVE_MODEL_ID": "the same, as MLflow itself sets it",
    "MLFLOW_TRUNCATE_LONG_VALUES": "what is too long for MLflow is kept whole in an artifact, see steps.tracking.whole",
}
_INSPECT, _WARNINGS = "PYTHONINSPECT", "PYTHONWARNINGS"


def leave_out() -> None:
    """Take these variables out of this process, and of those that it starts; call this before MLflow is imported."""
    for name in LEFT_OUT:
        os.environ.pop(name, None)


def start_anew_if_needed() -> None:
    """Start this interpreter anew, in the same process, if variables that it has read at its start break a step.

    PYTHONINSPECT turns each exit code into 1 with a traceback. PYTHONWARNINGS=error ends MLflow at its first import.
    """
    changed: dict[str, str | None] = {}
    if _INSPECT in os.environ:
        changed[_INSPECT] = None
    filters = os.environ.get(_WARNINGS, "")
    if (shown := without_errors(filters)) != filters:
        changed[_WARNINGS] = shown
    if not changed:
        return
    for name, value in changed.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
    if sys.executable:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def without_errors(filters: str) -> str:
    """Return the filters of PYTHONWARNINGS so that what was to be raised is shown.

    >>> without_errors("error"), without_errors("ignore,error::UserWarning"), without_errors("once")
    ('default', 'ignore,default::UserWarning', 'once')
    """
    return ",".join(map(_shown, filters.split(",")))


def _shown(each: str) -> str:
    action, colon, rest = each.partition(":")
    is_error = action.strip() != "" and "error".startswith(action.strip())  # Python takes an abbreviation
    return f"default{colon}{rest}" if is_error else each
