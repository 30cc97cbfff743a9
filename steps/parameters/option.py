"""How a parameter is written in what a step says: as whoever started the step has typed it."""

import os

from steps.names import Variable

_NO_VALUE = object()


def note_spelling() -> None:
    """Note how this step was started, for this process and those that it starts: MLflow takes its variable away."""
    os.environ[Variable.BY_MLFLOW] = str(Variable.RUN_ID in os.environ).lower()


def option(name: str, value: object = _NO_VALUE) -> str:
    """Write a parameter, or what it was given: `-P folds=5` in a step that `mlflow run` started, else `--folds 5`.

    A text stands in quotes, so that a shell takes it as it is.

    >>> option("folds"), option("folds", 5), option("data", "my table.csv")
    ('--folds', '--folds 5', "--data 'my table.csv'")
    """
    by_mlflow = os.environ.get(Variable.BY_MLFLOW) == "true"
    start, between = ("-P ", "=") if by_mlflow else ("--", " ")
    return f"{start}{name}" if value is _NO_VALUE else f"{start}{name}{between}{_word(value)}"


def _word(value: object) -> str:
    """Write a value as a shell takes it; a text always in quotes: in Python's own where a shell takes these for it.

    Between double quotes a shell would read `$`, a backtick and `!`; a backslash means something to Python alone. What
    no terminal shows is spelled out, which bash, ksh and zsh read.
    """
    if not isinstance(value, str):
        return repr(value)
    if not value.isprintable():
        return f"$'{''.join(map(_spelled_out, value))}'"
    word = repr(value)
    plain = not set("\\" if word.startswith("'") else "\\$`!") & set(word)
    return word if plain else "'" + value.replace("'", "'\"'\"'") + "'"


def _spelled_out(letter: str) -> str:
    """Return a letter as it stands between $' and '."""
    if letter in "\\'":
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    return (
        repr(letter)[1:-1]
        if letter.isascii()
        else "".join(f"\\x{byte:02x}" for byte in letter.encode("utf-8", "replace"))
    )
