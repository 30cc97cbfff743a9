"""Reading a search-space file, and saying all that is wrong with it at once."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from steps import spaces
from steps.errors import WrongValue, did_you_mean
from steps.parameters.settings import IMPORT_PATH, TASKS
from steps.tuning.space import entry, tries
from steps.tuning.space.document import Item, parse, shorten
from steps.tuning.space.parameter import FixedParameter, SearchedParameter
from steps.tuning.space.space import ESTIMATOR, Space, class_of

TRY = "try"
_NAME = re.compile(r"[^\W\d][\w-]*")
_IMPORT_PATH = re.compile(IMPORT_PATH)


@dataclass(frozen=True)
class SpaceFile:
    """A space for each task; a file that does not tell them apart has the same one for both."""

    file: str
    spaces: Mapping[str, Space]

    def for_task(self, task: str) -> Space:
        """Return the space for a task. Raises WrongValue where the file has none."""
        if task not in self.spaces:
            raise WrongValue(
                f"{self.file}: has no space for {task}, the task of this target (see --task), only for "
                f"{' and '.join(self.spaces)}"
            )
        return self.spaces[task]

    @property
    def where(self) -> dict[str, Mapping[str, str]]:
        """Return, by task, where each import path and each `path: hyperparameter` stands."""
        return {task: space.where for task, space in self.spaces.items()}

    def hyperparameters(self) -> dict[str, dict[str, list[str]]]:
        """Return, by task, the estimators (`auto`: the task's own) and the names of their hyperparameters."""
        return {
            task: {path or "auto": space.hyperparameters(path) for path in space.estimators}
            for task, space in self.spaces.items()
        }


def load(space: str) -> SpaceFile:
    """Read a file in steps/spaces/ by its name, or one anywhere by its path.

    Raises WrongValue with all problems of the file at once, each with file, line and key.
    """
    path = spaces.find(space)
    name = path.name if path.parent == spaces.FOLDER else space
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongValue(f"{name}: can't be read: {error}") from error
    return read(text, name)


def read(text: str, file: str) -> SpaceFile:
    """Read a file's text; `file` names it in problems. Raises WrongValue with all of them."""
    root = parse(text, file)
    if not root.is_mapping or not root.mapping():
        raise WrongValue(f"{file}: must map each hyperparameter to its type and bounds, got {shorten(text)}")
    given = root.mapping()
    if any(task in given for task in TASKS):
        for key, item in given.items():
            if key not in TASKS:
                item.problem(f"can't stand beside {' and '.join(TASKS)}{did_you_mean(key, TASKS)}")
        found = {task: _section(given[task]) for task in TASKS if task in given}
    else:
        found = dict.fromkeys(TASKS, _section(root))
    root.problems.check()
    return SpaceFile(file, found)


def _section(root: Item) -> Space:
    """Read one space: `estimator` and `try`, or hyperparameters and `try`."""
    if not root.is_mapping:
        root.problem("must be a mapping")
        return Space({})
    given = root.mapping()
    points = given.pop(TRY, None)
    named = given.get(ESTIMATOR)
    if named is not None and named.is_mapping and "type" not in named.mapping():
        del given[ESTIMATOR]
        for key, item in given.items():
            item.problem(f"can't stand beside {ESTIMATOR}{did_you_mean(key, [TRY])}; allowed: {TRY}")
        items = named.mapping()
        entries = _by_estimator(items)
    else:
        entries = _plain(given)
        items = {path: root for path in entries if path is not None}
    if len(entries) < 2 and not any(
        isinstance(e, SearchedParameter | None) for own in entries.values() for e in own.values()
    ):
        root.problem("names nothing to search")
    found = [] if points is None else tries.read(points, entries)
    # Without the entries that have problems: they are raised before anybody sees this.
    well = {path: {k: e for k, e in own.items() if e is not None} for path, own in entries.items()}
    return Space(well, found, _where(items or {"auto": root}))


def _plain(given: Mapping[str, Item]) -> tries.Entries:
    """Read hyperparameters without an estimator; a plain `estimator` among them says whose they are."""
    found = _entries(given, "")
    own = found.get(ESTIMATOR)
    if not isinstance(own, FixedParameter):
        return {None: found}
    del found[ESTIMATOR]
    return {str(own.value): found}


def _by_estimator(given: Mapping[str, Item]) -> tries.Entries:
    """Read import paths with their hyperparameters."""
    classes = Counter(class_of(path) for path in given)
    found: dict[str | None, dict[str, SearchedParameter | FixedParameter | None]] = {}
    for path, item in given.items():
        if not _IMPORT_PATH.fullmatch(path):
            item.problem("must be the import path of an estimator, such as sklearn.svm.SVC, or several joined by +")
        if not item.is_mapping and not item.is_null:
            item.problem("must map hyperparameters to their types and bounds")
        own = item.mapping() if item.is_mapping else {}
        if len(given) == 1:
            found[path] = _entries(own, "")
        else:
            name = class_of(path)
            found[path] = _entries(own, f"{name if classes[name] == 1 else path}.", {ESTIMATOR: (path,)})
    return found


def _entries(
    given: Mapping[str, Item], prefix: str, when: Mapping[str, tuple[str, ...]] | None = None
) -> dict[str, SearchedParameter | FixedParameter | None]:
    """Read the hyperparameters of one estimator; `prefix` and `when` are what Optuna's names and conditions begin with.

    A `when` of the file may name any categorical above.
    """
    found: dict[str, SearchedParameter | FixedParameter | None] = {}
    for key, item in given.items():
        if not _NAME.fullmatch(key):
            item.problem("must be a name: letters, digits, _ and -, no digit first")
        found[key] = entry.read(item, f"{prefix}{key}", found)
    return {
        key: replace(e, when={**(when or {}), **e.when}) if isinstance(e, SearchedParameter) else e
        for key, e in found.items()
    }


def _where(given: Mapping[str, Item]) -> dict[str, str]:
    """Return file and line of each import path and of each `path: hyperparameter`."""
    found = {}
    for path, item in given.items():
        found[path] = f"{item.problems.file}:{item.line}"
        own = item.mapping() if item.is_mapping else {}
        found |= {f"{path}: {key}": f"{inner.problems.file}:{inner.line}" for key, inner in own.items()}
    return found
