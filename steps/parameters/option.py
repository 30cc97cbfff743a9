"""How a parameter is written in what a step says: as whoever started the step has typed it."""

import os

from steps.names import Variable

_NO_VALUE = object()


def note_spelling() -> None:
    """Note how this step was started, for this process and those that it starts: MLflow takes its variable away."""
    os.environ[Variable.BY_MLFLOW] = str(Variable.RUN_ID in os.environ).lower()


def option(name: str, value: object = _NO_VALUE) -> str:
    """Write a parameter, or what it was given: `-P folds=5` in a step that `mlflow run` started, else `--folds 5`.

    A text stands in quotes, which a shell takes as well.

    >>> option("folds"), option("folds", 5), option("data", "my table.csv")
    ('--folds', '--folds 5', "--data 'my table.csv'")
    """
    by_mlflow = os.environ.get(Variable.BY_MLFLOW) == "true"
    start, between = ("-P ", "=") if by_mlflow else ("--", " ")
    return f"{start}{name}" if value is _NO_VALUE else f"{start}{name}{between}{value!r}"
