"""Reading a step's command line: `--key value` pairs into a settings object, all problems at once."""

import itertools
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Any, TypeVar

from steps.errors import WrongValue, did_you_mean
from steps.parameters.declared import parameters, shown
from steps.parameters.option import note_spelling, option
from steps.parameters.values import decode

_S = TypeVar("_S")  # a settings class
# Of the help text, where there is no terminal that says how wide it is; and the least beside the names.
_COLUMNS, _LEAST_TEXT = 120, 40


def arguments(argv: Sequence[str] | None) -> list[str]:
    """Return the given command line, or this process's own; note which way it was typed."""
    note_spelling()
    return list(sys.argv[1:] if argv is None else argv)


def wants_help(argv: Sequence[str]) -> bool:
    """Tell whether the command line asks for the help text."""
    return any(word in ("-h", "--help") for word in argv)


def usage(module: str, summary: str, settings: type[Any], more: str = "") -> str:
    """Write the help text of a step, as wide as the terminal."""
    declared = parameters(settings)
    heads = {p.name: f"  {p.name} ({shown(p.default)})  " for p in declared}
    indent = max(map(len, heads.values()))
    columns = max(shutil.get_terminal_size((_COLUMNS, 0)).columns, indent + _LEAST_TEXT)
    lines = []
    for subject, group in itertools.groupby(declared, lambda p: p.subject):
        lines += ["", subject] if subject else []
        for p in group:
            text = f"{p.help} [{p.kind.allowed}]" + (f", see docs/{p.see}" if p.see else "")
            head = f"{heads[p.name]:<{indent}}"
            lines += textwrap.wrap(
                text, columns, initial_indent=head, subsequent_indent=" " * indent,
                break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip
    step = module.rpartition(".")[2]
    how = f"scripts/run {step} [-P parameter=value ...], or python -m {module} [--parameter value ...]"
    return "\n".join([how, "", summary, *([] if declared[0].subject else [""]), *lines, *([more] if more else [])])


def read(argv: Sequence[str], settings: type[_S], elsewhere: str = "") -> _S:
    """Read `--key value` pairs into a settings object; an unknown key is an error, and may be given `elsewhere`.

    Raises WrongValue with all problems at once.
    """
    values, others, problems = _read(argv, settings)
    names = [p.name for p in parameters(settings)]
    for key, word in others.items():
        near = did_you_mean(key, names)
        listed = f"allowed: {', '.join(names)}" + (f"; {elsewhere}" if elsewhere else "")
        allowed = "--help lists them" if near else listed
        problems.append(f"{option(key, word)}: unknown parameter{near}; {allowed}")
    if problems:
        raise WrongValue(*problems)
    return settings(**values)


def read_open(argv: Sequence[str], settings: type[_S], prefix: str) -> tuple[_S, dict[str, Any]]:
    """Read like `read`, and return what is no parameter as typed values of its own (`prefix` in front is dropped).

    A name that is both, such as `metric`, needs the prefix to be meant as the other one: `--estimator__metric`.
    Raises WrongValue with all problems at once.
    """
    values, others, problems = _read(argv, settings)
    hyperparameters: dict[str, Any] = {}
    for key, word in others.items():
        name = key.removeprefix(prefix)
        if not name:
            problems.append(f"{option(key, word)}: needs the name of a hyperparameter after {prefix}")
            continue
        if name in hyperparameters:
            problems.append(f"{option(key, word)}: given twice, plain and as {prefix}{name}")
        hyperparameters[name] = decode(word)
    if problems:
        raise WrongValue(*problems)
    return settings(**values), hyperparameters


def _read(argv: Sequence[str], settings: type[Any]) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """Return the values of parameters, the words of all other keys, and the problems."""
    pairs, problems = _pairs(argv)
    declared = {p.name: p for p in parameters(settings)}
    values: dict[str, Any] = {}
    for key in [key for key in pairs if key in declared]:
        word, kind = pairs.pop(key), declared[key].kind
        try:
            values[key] = kind.read(word)
        except WrongValue as error:  # of a kind that has several names and bounds
            problems += [f"{option(key, word)}: {problem}" for problem in error.problems]
        except (ValueError, KeyError):
            problems.append(f"{option(key, word)}: must be {kind.allowed}{did_you_mean(word, kind.names)}")
    return values, pairs, problems


def _pairs(argv: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Split a command line into its keys and their words; return the problems beside them."""
    pairs: dict[str, str] = {}
    problems: list[str] = []
    rest = iter(argv)
    # No argparse: it takes `-1e-05` for an option and `--dat` for `--data`.
    for argument in rest:
        key, equals, word = argument.removeprefix("--").partition("=")
        if not argument.startswith("--") or not key:
            problems.append(f"{argument!r}: expected --parameter value")
            continue
        if not equals:
            following = next(rest, None)
            if following is None:
                problems.append(f"{option(key)}: needs a value")
                continue
            word = following
        if key in pairs:
            problems.append(f"{option(key, word)}: given twice")
        pairs[key] = word
    return pairs, problems
