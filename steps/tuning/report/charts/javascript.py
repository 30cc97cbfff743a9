"""The JavaScript that draws a Vega-Lite spec: vega, vega-lite and vega-embed in one text, by vl-convert.

Bundling takes seconds, so the text is kept in the user's cache folder, one file for each version of vl-convert.
"""

import functools
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from steps.errors import StepError
from steps.project import paths

_PACKAGE = "vl-convert-python"
_BUNDLE = "import sys, vl_convert; sys.stdout.reconfigure(encoding='utf-8'); print(vl_convert.javascript_bundle())"
# What the text ends with: a file without it was not written to its end.
_END = "window.vegaLite="


def _folder() -> Path:
    """Return the folder for what can be made again, see the XDG Base Directory Specification."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (given if given.is_absolute() else paths.absolute("~/.cache")) / "mlflow-optuna-tuning"


@functools.cache
def bundle() -> str:
    """Return the text, from the cache folder if it has it; a folder that can't be written does no harm.

    Raises StepError if it can't be made.
    """
    file = _folder() / f"vega-{version(_PACKAGE)}.js"
    with suppress(OSError, UnicodeDecodeError):
        text = file.read_text(encoding="utf-8")
        if _END in text[-200:]:
            return text
    # In a process of its own: it starts a JavaScript engine, whose threads and 150 MB nobody needs afterwards.
    made = subprocess.run([sys.executable, "-c", _BUNDLE], capture_output=True, encoding="utf-8", check=False)
    if made.returncode != 0:
        lines = made.stderr.strip().splitlines() or [f"exit code {made.returncode}"]
        # The engine writes a reason in several lines, of which all but the first are indented.
        first = max((at for at, line in enumerate(lines) if not line[:1].isspace()), default=0)
        reason = " ".join(line.strip() for line in lines[first:])
        raise StepError(f"the charts' JavaScript can't be made by {_PACKAGE}: {reason}")
    text = made.stdout
    with suppress(OSError):
        _write(file, text)
    return text


def _write(file: Path, text: str) -> None:
    """Write a file in one move: another study may be reading it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as other:
        other.write(text)
    Path(other.name).replace(file)
