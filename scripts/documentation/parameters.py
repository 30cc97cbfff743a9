"""Write docs/parameters.md: a table of the parameters of each entry point, from their declarations."""

import itertools
import re
from pathlib import Path
from typing import Any

from steps import reproduce, space, train, tune
from steps.parameters.declared import Parameter, parameters, shown
from steps.parameters.settings import ReproduceSettings, SpaceSettings, TrainSettings
from steps.parameters.tune_settings import TuneSettings
from steps.project.environment import PROJECT

DOCS = PROJECT / "docs"
PAGE = DOCS / "parameters.md"
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)

_HEAD = """\
<!-- Written by scripts/docs from the declarations in steps/parameters: change it there. -->

# Parameters

Look up what an entry point of [`MLproject`](../MLproject) takes as `-P name=value`, with `mlflow run` or `scripts/run`.

```bash
scripts/run tune --help
scripts/run tune -P data=wine -P n_trials=10 -P report=false
```

`--help` after an entry point prints the same. A wrong value ends the step before anything is started, with one line
that says what is allowed.
"""

# Entry points in the order of the page: their settings, what they are for, and more.
_ENTRY_POINTS: dict[str, tuple[type[Any], str, str]] = {
    "tune": (TuneSettings, tune.SUMMARY, ""),
    "train": (
        TrainSettings,
        train.SUMMARY,
        "A trial is one such run. The entry point `main` is the same. Any other parameter is a hyperparameter of the\n"
        "estimator: `-P max_depth=7`, or `-P estimator__metric=manhattan` if its name is one of those below. A\n"
        "value is read as a Python literal if it is one (`0.5`, `None`, `(50, 50)`), else as text.",
    ),
    "reproduce": (ReproduceSettings, reproduce.SUMMARY, ""),
    "space": (SpaceSettings, space.SUMMARY, ""),
}
# What stands above the table of a subject.
_NOTES = {
    "Data and scores": "These go to every trial of `train`. An entry point of your own gets those that it declares\n"
    "and you give; any other is left to its own default.",
}


def page() -> str:
    """Return the page as it should be."""
    return "\n".join([_HEAD, *(_entry_point(name, *parts) for name, parts in _ENTRY_POINTS.items())])


def _entry_point(name: str, settings: type[Any], summary: str, more: str) -> str:
    parts = [f"## {name}", summary, *([more] if more else [])]
    for subject, group in itertools.groupby(parameters(settings), lambda p: p.subject):
        parts += [f"### {subject}"] if subject else []
        parts += [_NOTES[subject]] if subject in _NOTES else []
        parts.append(_table(list(group)))
    return "\n\n".join(parts) + "\n"


def _table(rows: list[Parameter]) -> str:
    lines = ["| parameter | default | meaning | allowed |", "|---|---|---|---|"]
    for p in rows:
        meaning = cell(p.help) + (f"; see [{title(p.see)}]({p.see})" if p.see else "")
        lines.append(f"| `{p.name}` | `{shown(p.default)}` | {meaning} | {cell(p.kind.allowed)} |")
    return "\n".join(lines)


def cell(text: str) -> str:
    r"""Write a text as a table's cell has it: `|` would end the cell, and `<` outside code begin a tag.

    >>> cell("`a|b`, one of <two>")
    '`a\\|b`, one of &lt;two>'
    """
    parts = text.replace("|", r"\|").split("`")  # every second one is code
    return "`".join(part if n % 2 else part.replace("<", "&lt;") for n, part in enumerate(parts))


def title(place: str) -> str:
    """Return the heading that a page of docs/ has at an anchor, or at its top.

    Raises ValueError where there is none.
    """
    name, _, anchor = place.partition("#")
    for heading in HEADING.findall((DOCS / name).read_text()):
        if anchor in ("", slug(heading)):
            return str(heading).replace("`", "")
    raise ValueError(f"docs/{place}: there is no such heading; a parameter's declaration in steps/parameters names it")


def slug(heading: str) -> str:
    """Return the anchor of a heading, as GitHub makes it.

    >>> slug("A port: `TUNING_PORT`")
    'a-port-tuning_port'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def write(path: Path = PAGE) -> None:
    """Write the page."""
    path.write_text(page())


if __name__ == "__main__":
    write()
