"""Python imports this at its start in a trial's processes below a shell, since their PYTHONPATH names this folder.

It brings in `mlflow_calls`, and prints line by line what would wait in a buffer: somebody may watch the trial's output.
Then it makes room for the `sitecustomize` that the environment may have of its own.
"""

import importlib.util
import os
import sys
from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))


def _begin() -> None:
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != _HERE]
    spec: Any = importlib.util.spec_from_file_location("_", os.path.join(_HERE, os.pardir, "mlflow_calls.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.begin()
    stdout: Any = sys.stdout
    if stdout is not None and not stdout.write_through:
        stdout.reconfigure(line_buffering=True)


def _make_room() -> None:
    own = sys.modules.pop(__name__)
    try:
        importlib.import_module(__name__)
    except ModuleNotFoundError as error:
        if error.name != __name__:
            raise
    finally:
        sys.modules.setdefault(__name__, own)


try:
    _begin()
except Exception as error:  # a trial goes on without it
    print(f"a trial's calls of MLflow are left as they are: {error!r}", file=sys.stderr)
_make_room()
