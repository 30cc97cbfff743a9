"""The environment of this process, and whether it is the one that conda.yaml pins."""

import hashlib
import json
import os
import platform
import re
from functools import lru_cache
from pathlib import Path

from steps.project import installed

PROJECT = Path(__file__).resolve().parents[2]
_PIN = re.compile(r"^\s+- ([\w.-]+)==(\S+?)(?:\s*;\s*(.+))?$")


def pins() -> dict[str, str]:
    """Read the versions that conda.yaml pins for this platform, by package."""
    from packaging.markers import Marker

    matches = (_PIN.match(line) for line in conda_yaml().splitlines())
    return {pin[1]: pin[2] for pin in matches if pin and (not pin[3] or Marker(pin[3]).evaluate())}


def conda_yaml() -> str:
    """Return the text of conda.yaml."""
    return (PROJECT / "conda.yaml").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def differences() -> tuple[str, ...]:
    """List the packages whose installed version is not the pinned one, each with both versions.

    A training also succeeds in the wrong environment (another venv first on PATH hides conda's own `activate`), so
    every step asks. The answer is kept for the life of the process.
    """
    versions = installed.packages()
    return tuple(
        f"{name} {versions.get(installed.normal(name), 'is not installed')} (conda.yaml: {version})"
        for name, version in pins().items()
        if versions.get(installed.normal(name)) != version
    )


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
    machine = json.loads(description())["machine"]
    return f"Python {machine['python']}, {len(pins())} packages {state()}, {machine['cpu']}, {machine['platform']}"


def _cpu() -> str:
    """Return the name of the processor's model; `platform` has only its architecture on Linux."""
    try:
        model = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        model = None
    return model[1] if model else platform.processor() or platform.machine()
