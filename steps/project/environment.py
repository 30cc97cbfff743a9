"""Is this the environment that conda.yaml pins?"""

import hashlib
import json
import os
import platform
import re
from functools import lru_cache
from importlib import metadata
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
_PIN = re.compile(r"^\s+- ([\w.-]+)==(\S+?)(?:\s*;\s*(.+))?$")


def pins() -> dict[str, str]:
    """Read the versions that conda.yaml pins for this platform, by package."""
    from packaging.markers import Marker

    found = (_PIN.match(line) for line in conda_yaml().splitlines())
    return {m[1]: m[2] for m in found if m and (not m[3] or Marker(m[3]).evaluate())}


def conda_yaml() -> str:
    """Return what the environment should be."""
    return (PROJECT / "conda.yaml").read_text(encoding="utf-8")


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


@lru_cache(maxsize=1)
def description() -> str:
    """Return, as JSON, what a run's scores may depend on: installed packages, Python, platform and processor."""
    packages = {_normal(d.name): d.version for d in reversed(list(metadata.distributions()))}
    machine = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "cpus": str(os.cpu_count()),
    }
    return json.dumps({"machine": machine, "packages": dict(sorted(packages.items()))}, indent=1)


@lru_cache(maxsize=1)
def digest() -> str:
    """Return the sha256 of the description."""
    return hashlib.sha256(description().encode()).hexdigest()


def summary() -> str:
    """Return a line on this environment, for a person."""
    found = json.loads(description())["machine"]
    return f"Python {found['python']}, {len(pins())} packages {state()}, {found['cpu']}, {found['platform']}"


def _cpu() -> str:
    """Name the processor; Python itself knows no more than its kind."""
    try:
        named = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        named = None
    return named[1] if named else platform.processor() or platform.machine()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
