"""The environment of this process, and whether it is the one that conda.yaml declares."""

import hashlib
import json
import os
import platform
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steps.project import installed, text_file

if TYPE_CHECKING:
    from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parents[2]
# A line that names a file with more of them, as pip takes it.
_MORE = re.compile(r"(?:-r|--requirement)[\s=]*(.+)")
# A comment of a requirements file, and what is said of one package alone, such as a hash.
_NOT_THE_REQUIREMENT = re.compile(r"(^|\s+)#.*|\s+--\w.*")


def lines() -> list[str]:
    """Read the list of pip in conda.yaml, a requirement or an option each; files that it names by `-r` are taken in."""
    import yaml

    return list(with_files(map(str, of_pip(yaml.safe_load(conda_yaml()))), PROJECT))


def of_pip(conda: Any) -> list[Any]:
    """Return the list of pip in what a conda.yaml holds. Raises ValueError if a list in it is none."""
    if not isinstance(conda, dict | None):
        raise ValueError("it must map names to values")
    dependencies = (conda or {}).get("dependencies") or []
    if not isinstance(dependencies, list):
        raise ValueError("its dependencies must be a list")
    lists = [item.get("pip") or [] for item in dependencies if isinstance(item, dict)]
    if not all(isinstance(each, list) for each in lists):
        raise ValueError("the dependencies of pip must be a list")
    return [line for each in lists for line in each]


def with_files(lines: Iterable[str], folder: Path, above: tuple[Path, ...] = ()) -> Iterator[str]:
    """Yield lines of requirements, and those of the files that they name.

    A relative path begins in the folder of the file that has it, which for `lines` is `folder`.
    A file that is not there, or names itself, is left out: pip has said so when it made the environment.
    """
    for line in lines:
        plain = re.sub(r"(^|\s+)#.*", "", line).strip()
        match = _MORE.fullmatch(plain)
        if match is None:
            yield from [plain] if plain else []
            continue
        file = folder / match[1]
        with suppress(OSError, ValueError):
            if file not in above:
                text = text_file.read(file).replace("\\\n", "")
                yield from with_files(text.splitlines(), file.parent, (*above, file))


def requirements() -> "list[Requirement]":
    """Read what conda.yaml asks pip for on this platform; lines without a package's name are left out."""
    from packaging.requirements import InvalidRequirement, Requirement

    read: list[Requirement] = []
    for line in lines():
        with suppress(InvalidRequirement):  # an option, a path, a URL
            requirement = Requirement(_NOT_THE_REQUIREMENT.sub("", line))
            if requirement.marker is None or requirement.marker.evaluate():
                read.append(requirement)
    return read


def conda_yaml() -> str:
    """Return the text of conda.yaml."""
    return (PROJECT / "conda.yaml").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def differences() -> tuple[str, ...]:
    """List the packages whose installed version is not one that conda.yaml takes, each with what it takes.

    A training also succeeds in the wrong environment (another venv first on PATH hides conda's own `activate`), so
    every step asks. The answer is kept for the life of the process.
    """
    versions = installed.packages()
    return tuple(
        f"{requirement.name} {version or 'is not installed'} (conda.yaml: {_shown(requirement)})"
        for requirement in requirements()
        if not _satisfies(version := versions.get(installed.normal(requirement.name)), requirement)
    )


def _satisfies(version: str | None, requirement: "Requirement") -> bool:
    from packaging.version import InvalidVersion

    with suppress(InvalidVersion):
        return version is not None and requirement.specifier.contains(version, prereleases=True)
    return False


def _shown(requirement: "Requirement") -> str:
    versions = str(requirement.specifier)
    return versions.removeprefix("==") or "any version"


def state() -> str:
    """Return `pinned` or `drifted`."""
    return "drifted" if differences() else "pinned"


@lru_cache(maxsize=1)
def description() -> str:
    """Return as JSON what of the environment scores may depend on: packages, Python, platform, processor."""
    machine = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "cpus": str(os.cpu_count()),
    }
    return json.dumps({"machine": machine, "packages": installed.packages()}, indent=1)


@lru_cache(maxsize=1)
def digest() -> str:
    """Return the sha256 of the description."""
    return hashlib.sha256(description().encode()).hexdigest()


def summary() -> str:
    """Describe the environment in one line for a person."""
    return _line(description(), f"{len(requirements())} packages {state()}")


def summary_of_another(description: str, declared: str) -> str:
    """Describe another environment in one line, by its description and what it was made of."""
    return _line(description, f"{len(json.loads(description)['packages'])} packages ({declared})")


def _line(description: str, packages: str) -> str:
    machine = json.loads(description)["machine"]
    return f"Python {machine['python']}, {packages}, {machine['cpu']}, {machine['platform']}"


def _cpu() -> str:
    """Return the name of the processor's model; `platform` has only its architecture on Linux."""
    try:
        model = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        model = None
    return model[1] if model else platform.processor() or platform.machine()
