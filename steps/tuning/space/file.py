"""Reading a search-space file, with all of its problems reported at once."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from steps import spaces
from steps.errors import WrongValue, did_you_mean
from steps.parameters.option import option
from steps.parameters.settings import IMPORT_PATH, TASKS
from steps.project import paths, text_file
from steps.tuning.space import entry, inline, tries
from steps.tuning.space.document import DEEPEST, Item, parse, shorten
from steps.tuning.space.parameter import FixedParameter, SearchedParameter
from steps.tuning.space.search_space import ESTIMATOR, Space, class_of

TRY = "try"
_NAME = re.compile(r"[^\W\d][\w-]*")
_IMPORT_PATH = re.compile(IMPORT_PATH)


@dataclass(frozen=True)
class SpaceFile:
    """A space for each task; a file without sections for tasks has the same one for both."""

    file: str
    spaces: Mapping[str, Space]

    def for_task(self, task: str) -> Space:
        """Return the space for a task. Raises WrongValue if the file has none."""
        if task not in self.spaces:
            raise WrongValue(
                f"{self.file}: has no space for {task}, the task of this target (see {option('task')}), only for "
                f"{' and '.join(self.spaces)}"
            )
        return self.spaces[task]

    @property
    def where(self) -> dict[str, Mapping[str, str]]:
        """Return, by task, the file and line of each import path and of each `path: hyperparameter`."""
        return {task: space.where for task, space in self.spaces.items()}

    def hyperparameters(self) -> dict[str, dict[str, dict[str, list[Any]]]]:
        """Return, by task and estimator (`auto`: the task's own), the hyperparameters, each with its choices.

        A fixed one has one choice, a number in a range none that could be listed.
        """
        return {
            task: {
                path or "auto": {name: entry.choices for name, entry in own.items()}
                for path, own in space.entries.items()
            }
            for task, space in self.spaces.items()
        }


def load(space: str) -> SpaceFile:
    """Read a file in steps/spaces/ by its name, any file by its path, or a space that stands in the command itself.

    Raises WrongValue with all problems of the file at once, each with file, line and key.
    """
    if spaces.is_inline(space):
        if paths.is_file(paths.absolute(space)):
            raise WrongValue(
                f"{option('space', space)}: is read as a space, since it has a =; for the file write './{space}'"
            )
        return _space_file(inline.parse(space), option("space"))
    path = spaces.find(space)
    name = path.name if path.parent == spaces.FOLDER else space
    try:
        text = text_file.read(path)
    except (OSError, ValueError) as error:
        raise WrongValue(f"{name}: can't be read: {error}") from error
    return read(text, name)


def read(text: str, file: str) -> SpaceFile:
    """Read a file's text; `file` names it in problems. Raises WrongValue with all of them."""
    root = parse(text, file)
    if not root.is_mapping or not root.mapping():
        raise WrongValue(f"{file}: must map each hyperparameter to its type and bounds, got {shorten(text)}")
    return _space_file(root, file)


def _space_file(root: Item, file: str) -> SpaceFile:
    """Read a whole document, a mapping."""
    items = root.mapping()
    if any(task in items for task in TASKS):
        for key, item in items.items():
            if key not in TASKS:
                item.problem(f"can't stand beside {' and '.join(TASKS)}{did_you_mean(key, TASKS)}")
        by_task = {task: _section(items[task]) for task in TASKS if task in items}
    else:
        by_task = dict.fromkeys(TASKS, _section(root))
    root.problems.check()
    return SpaceFile(file, by_task)


def _section(root: Item) -> Space:
    """Read one space: `estimator` and `try`, or hyperparameters and `try`."""
    if not root.is_mapping:
        root.problem("must be a mapping")
        return Space({})
    items = root.mapping()
    points = items.pop(TRY, None)
    named = items.get(ESTIMATOR)
    if named is not None and named.is_mapping and "type" not in named.mapping():
        del items[ESTIMATOR]
        for key, item in items.items():
            item.problem(f"can't stand beside {ESTIMATOR}{did_you_mean(key, [TRY])}; allowed: {TRY}")
        estimators = named.mapping()
        entries = _several_estimators(estimators)
    else:
        entries = _one_estimator(items)
        estimators = {path: root for path in entries if path is not None}
    if len(entries) < 2 and not any(
        isinstance(e, SearchedParameter | None) for own in entries.values() for e in own.values()
    ):
        way = "{type: int, low: 1, high: 9}" if root.problems.unit == "line" else "1..9, choices [a,b,c]"
        root.problem(f"names nothing to search, since all values are fixed; a range is written {way}")
    tried = [] if points is None else tries.read(points, entries)
    # Entries with problems are left out; their problems are raised before this space is used.
    sound = {path: {k: e for k, e in own.items() if e is not None} for path, own in entries.items()}
    return Space(sound, tried, _where(estimators or {"auto": root}))


def _one_estimator(items: Mapping[str, Item]) -> tries.Entries:
    """Read hyperparameters of one estimator, which a plain `estimator` among them may name."""
    entries = _entries(items, "")
    estimator = entries.get(ESTIMATOR)
    if not isinstance(estimator, FixedParameter):
        return {None: entries}
    del entries[ESTIMATOR]
    return {str(estimator.value): entries}


def _several_estimators(items: Mapping[str, Item]) -> tries.Entries:
    """Read import paths with their hyperparameters."""
    classes = Counter(class_of(path) for path in items)
    entries: dict[str | None, dict[str, SearchedParameter | FixedParameter | None]] = {}
    for path, item in items.items():
        if not _IMPORT_PATH.fullmatch(path):
            item.problem("must be the import path of an estimator, such as sklearn.svm.SVC, or several joined by +")
        if not item.is_mapping and not item.is_null:
            item.problem("must map hyperparameters to their types and bounds")
        own = item.mapping() if item.is_mapping else {}
        if len(items) == 1:
            entries[path] = _entries(own, "")
        else:
            name = class_of(path)
            entries[path] = _entries(own, f"{name if classes[name] == 1 else path}.", {ESTIMATOR: (path,)})
    return entries


def _entries(
    items: Mapping[str, Item], prefix: str, when: Mapping[str, tuple[str, ...]] | None = None
) -> dict[str, SearchedParameter | FixedParameter | None]:
    """Read the hyperparameters of one estimator; a `when` in the file may name any categorical above.

    `prefix` comes before their names in Optuna, and `when` before the conditions of each.
    """
    entries: dict[str, SearchedParameter | FixedParameter | None] = {}
    depths: dict[str, int] = {}  # of the conditions, by Optuna's name
    for key, item in items.items():
        if not _NAME.fullmatch(key):
            item.problem("must be a name: letters, digits, _ and -, no digit first")
        read = entry.read(item, f"{prefix}{key}", entries)
        if isinstance(read, SearchedParameter):
            depths[read.name] = 1 + max((depths[name] for name in read.when), default=0)
            if depths[read.name] > DEEPEST:
                item.problem(f"when: has conditions on conditions, more than {DEEPEST} deep")
                read = None
        entries[key] = read
    return {
        key: replace(e, when={**(when or {}), **e.when}) if isinstance(e, SearchedParameter) else e
        for key, e in entries.items()
    }


def _where(estimators: Mapping[str, Item]) -> dict[str, str]:
    """Return file and line of each import path and of each `path: hyperparameter`."""
    places = {}
    for path, item in estimators.items():
        places[path] = item.problems.where(item.line)
        own = item.mapping() if item.is_mapping else {}
        places |= {f"{path}: {key}": inner.problems.where(inner.line) for key, inner in own.items()}
    return places
