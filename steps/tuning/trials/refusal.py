"""An argument that a script does not take, or lacks: every trial would fail of it. Pure."""

import re
from collections.abc import Collection

from steps.errors import did_you_mean

# How argparse, click, absl, fire, GNU's, Python's and Go's getopt and clap begin to say that they don't know an
# argument, which comes next. argparse names all of them, and their values.
_UNKNOWN = re.compile(
    r"(?:unrecognized (?P<all>arguments)|unrecognized option|no such option|unknown (?:command line flag|option)"
    r"|unexpected argument|could not consume arg|flag provided but not defined|option(?= \S+ not recognized))"
    r"[\s:'\"`]*(?P<rest>.*)",
    re.IGNORECASE,
)
_MISSING = re.compile(r"(?:arguments are required:|missing option)(?P<rest>.*)", re.IGNORECASE)
_OPTION = re.compile(r"(?<![\w-])--?([^\W\d][\w-]*)")


def refusal(output: str, given: Collection[str]) -> str:
    r"""Say which arguments a script refused or lacked, by the last lines that it wrote; empty if it did neither.

    `given` are the names of the parameters that it was given.

    >>> refusal("usage: fit.py [-h] [--lr LR]\nfit.py: error: unrecognized arguments: --lrr 0.1", ["lrr"])
    "takes no --lrr (did you mean 'lr'?)"
    >>> refusal("fit.py: error: the following arguments are required: --data", ["lr"])
    'needs --data'
    """
    taken = sorted({name for name in _OPTION.findall(output) if name not in given})
    for line in output.splitlines():
        if unknown := _UNKNOWN.search(line):
            words = [word.strip("'\"`.,│") for word in unknown["rest"].split()]
            named = [word.lstrip("-") for word in (words if unknown["all"] else words[:1])]
            refused = [name for name in named if name in given]
            if refused:
                return f"takes no {', '.join(f'--{name}{did_you_mean(name, taken)}' for name in refused)}"
        if missing := _MISSING.search(line):
            # Of `-e/--epochs` the last is the one that a study can give; a positional argument has no dashes.
            lacked = [word.strip(" '\"`.│").rpartition("/")[2] for word in missing["rest"].split(",")]
            if lacked[0] and not any(name.lstrip("-") in given for name in lacked):
                return f"needs {', '.join(lacked)}"
    return ""
