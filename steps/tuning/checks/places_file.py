"""Read a places file: what each place has to itself, a line of variables for each."""

import re
import shlex
from collections.abc import Mapping

from steps.errors import WrongValue
from steps.parameters.option import option
from steps.project import paths, text_file
from steps.tuning.space.document import shorten

_VARIABLE = re.compile(r"[A-Za-z_]\w*")
# Words, quoted or not, and blanks, up to one with a # behind it.
_WORDS = re.compile(r"""(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^'"\\\s]|\s(?!#))*""")
# A trial gets these from its study, or from MLflow.
_RESERVED = ("MLFLOW_", "TUNING_")


def read(text: str) -> list[dict[str, str]]:
    """Return the variables of each place. Raises WrongValue with all problems at once.

    A line has `NAME=value` words, quoted as for a shell; what follows `#` is a comment, and empty lines are none.
    """
    where = option("places", text)
    try:
        lines = text_file.read(paths.of_user(text)).splitlines()
    except (OSError, ValueError) as error:
        raise WrongValue(f"{where}: must be a file with a line of variables for each place: {error}") from error
    places: list[dict[str, str]] = []
    problems: list[str] = []
    for number, line in enumerate(lines, start=1):
        try:
            words = shlex.split(_without_comment(line))
        except ValueError as error:
            problems.append(f"{where}, line {number}: {shorten(line)!r}: {error}")
            continue
        variables: dict[str, str] = {}
        for word in words:
            problems += [f"{where}, line {number}: {shorten(word)!r}: {problem}" for problem in _add(word, variables)]
        if words:
            places.append(variables)
    if not places and not problems:
        problems.append(f"{where}: has no line; must have one for each place, such as LICENCE=a PORT=8001")
    if problems:
        raise WrongValue(*problems)
    return places


def _without_comment(line: str) -> str:
    """Leave out what follows a # where a word would begin, as a shell does.

    `shlex` takes A=b#c for A=b.
    """
    line = f" {line}"
    words = _WORDS.match(line)
    end = words.end() if words else 0
    return line[:end] if line[end : end + 1].isspace() else line  # else a quote is not closed


def _add(word: str, variables: dict[str, str]) -> list[str]:
    """Add a word to a line's variables; return what is wrong with it."""
    name, equals, value = word.partition("=")
    if not equals or not _VARIABLE.fullmatch(name):
        return ["must be NAME=value, a name of letters, digits and _"]
    if name.startswith(_RESERVED):
        return [f"must be another name: a trial gets those with {' or '.join(_RESERVED)} from its study"]
    if name in variables:
        return [f"the line has {name} already"]
    variables[name] = value
    return []


def refuse_devices(places: list[dict[str, str]], text: str, devices: Mapping[str, object]) -> None:
    """Raise WrongValue if lines name what --gpus gives out."""
    names = sorted({name for line in places for name in line if name in devices})
    if names:
        raise WrongValue(
            f"{option('places', text)}: names {', '.join(names)}, which {option('gpus')} gives out: leave out one of "
            "them"
        )
