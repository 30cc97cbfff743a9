"""The search spaces that the project ships, and how one is found: by its name, any file by its path, or as a text.

It imports little: `tune` uses it before its own imports.
"""

import re
from pathlib import Path

from steps.errors import WrongValue, did_you_mean
from steps.parameters.option import option
from steps.project import paths

FOLDER = Path(__file__).resolve().parent
_ENDINGS = (".yaml", ".yml")
# Of a space that stands in the command: the estimator that it names.
_ESTIMATOR = re.compile(r"(?:^|\s)estimator\s*=\s*['\"]?([\w.+]+)")


def names() -> list[str]:
    """Return the names of the spaces in this folder."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def is_inline(space: str) -> bool:
    """Tell a space that stands in the command from a name or a path: it has a `=`, and no `/` before that.

    >>> is_inline("lr=1..2 data=a/b.csv"), is_inline("/runs/lr=1/space.yaml"), is_inline("./lr=1.yaml")
    (True, False, False)
    """
    before, equals, _ = space.partition("=")
    return equals != "" and "/" not in before


def is_file(space: str) -> bool:
    """Tell a path: it has a separator or the ending .yaml. Any other text is a name, or stands in the command."""
    return not is_inline(space) and ("/" in space or space.endswith(_ENDINGS))


def find(space: str) -> Path:
    """Return the file of a space, which is given by its name or its path.

    Raises WrongValue if there is no such file.
    """
    if not is_file(space):
        if space not in names():
            raise WrongValue(
                f"{option('space', space)}: must be one of {', '.join(names())}, or the path of a YAML file"
                f"{did_you_mean(space, names())}"
            )
        return FOLDER / f"{space}.yaml"
    path = paths.of_user(space)
    if paths.is_file(path):
        return path
    if paths.is_folder(path):
        raise WrongValue(f"{option('space', space)}: is a folder; name a YAML file in it")
    if space.startswith(("/", "~")):
        raise WrongValue(f"{option('space', space)}: there is no such file")
    near = f" (did you mean {path.stem!r}?)" if path.stem in names() else ""
    looked = " or ".join(map(str, paths.folders_of_user()))
    raise WrongValue(f"{option('space', space)}: there is no such file in {looked}; give an absolute path{near}")


def estimators(space: str) -> list[str]:
    """Return the import paths that a space names, in order; none if it can't be read, which `tuning.space` reports."""
    from steps.project import yaml_file

    if is_inline(space):
        return _ESTIMATOR.findall(space)
    try:
        content = yaml_file.load(find(space))
    except (WrongValue, OSError, *yaml_file.UNREADABLE):
        return []
    if not isinstance(content, dict):
        return []
    sections = [content, *(section for section in content.values() if isinstance(section, dict))]
    import_paths: list[object] = []
    for estimator in (section.get("estimator") for section in sections):
        import_paths += estimator if isinstance(estimator, dict | list) else [estimator]
    return list(dict.fromkeys(path for path in import_paths if isinstance(path, str)))
