"""Is this the environment that conda.yaml pins?"""

import re
from functools import lru_cache
from importlib import metadata
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
_PIN = re.compile(r"^\s+- ([\w.-]+)==(\S+?)(?:\s*;\s*(.+))?$")


def pins() -> dict[str, str]:
    """Read the versions that conda.yaml pins for this platform, by package."""
    from packaging.markers import Marker

    found = (_PIN.match(line) for line in (PROJECT / "conda.yaml").read_text().splitlines())
    return {m[1]: m[2] for m in found if m and (not m[3] or Marker(m[3]).evaluate())}


@lru_cache(maxsize=1)
def differences() -> tuple[str, ...]:
    """Say for each package whose installed version is not the pinned one: which, and which it should be.

    A training succeeds in the wrong environment too (another venv first on PATH hides conda's own `activate`), so
    every step looks. Kept for the life of the process.
    """
    installed = {_normal(d.name): d.version for d in reversed(list(metadata.distributions()))}
    return tuple(
        f"{name} {installed.get(_normal(name), 'is not installed')} (conda.yaml: {version})"
        for name, version in pins().items()
        if installed.get(_normal(name)) != version
    )


def state() -> str:
    """Return `pinned` or `drifted`."""
    return "drifted" if differences() else "pinned"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
