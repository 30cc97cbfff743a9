"""What is installed for the interpreter that runs this: a program for any environment, and a module for our own.

    python installed.py

Any Python from 3.9 on, the standard library alone.
"""

import json
import platform
import re
from importlib import metadata


def packages() -> "dict[str, str]":
    """Return the version of each package by its name; of two copies of one, that of the one that is imported."""
    found = {normal(d.metadata["Name"]): d.version for d in reversed(list(metadata.distributions())) if d.metadata}
    return dict(sorted(found.items()))


def normal(name: str) -> str:
    """Write a package's name as all spellings of it are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    print(json.dumps({"python": platform.python_version(), "packages": packages()}))
