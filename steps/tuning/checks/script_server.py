"""Find in the scripts that a command runs what makes them log to another tracking server than the study's.

Only what is certain is told: a server that is named by a literal, in a statement that no condition guards, of the
module itself or of a function that such a statement calls, or hands to another.
"""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

# MLflow's own and not documented: what MLflow takes for a path.
from mlflow.utils.file_utils import local_file_uri_to_path
from mlflow.utils.uri import is_local_uri

from steps.project import secrets
from steps.tracking import sqlite_uri

_VARIABLE = "MLFLOW_TRACKING_URI"
# What ends a word in a command that a shell may read.
_BETWEEN_WORDS = re.compile(r"[\s;&|<>()'\"`]+")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def problems(root: Path, command: str, tracking_uri: str) -> list[str]:
    """Return a line for each statement of the scripts that sends their runs elsewhere."""
    study = _place(tracking_uri, root)
    return [
        f"{path.relative_to(root)}:{line}: sets the tracking server {secrets.hidden(uri)!r}, but this study's is "
        f"{secrets.hidden(tracking_uri)}, where no result would arrive; leave the line out, or guard it by "
        f"`if {_VARIABLE!r} not in os.environ`"
        for path in scripts(root, command)
        for line, uri in literals(path.read_bytes())
        if _place(uri, root) != study
    ]


def scripts(root: Path, command: str) -> list[Path]:
    """Return the Python files of the project that a command names, as paths or as modules."""
    words = _BETWEEN_WORDS.split(command)
    named = [root / word for word in words if word.endswith(".py")]
    for option, module in pairwise(words):
        if option == "-m":
            path = root / module.replace(".", "/")
            named += [path.with_name(f"{path.name}.py"), path / "__main__.py"]
    return [path for path in dict.fromkeys(named) if path.is_relative_to(root) and path.is_file()]


def literals(source: bytes) -> Iterator[tuple[int, str]]:
    """Yield line and URI of each tracking server that a script is certain to set; nothing if it is no Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    constants = {
        statement.targets[0].id: statement.value
        for statement in tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    }
    # Of those of one name the outermost, which comes first.
    functions: dict[str, ast.AST] = {
        node.name: node for node in reversed(list(ast.walk(tree))) if isinstance(node, _FUNCTIONS)
    }
    for node in _unguarded(tree, functions):
        value = _set_by(node)
        value = constants.get(value.id, value) if isinstance(value, ast.Name) else value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield node.lineno, value.value


def _unguarded(node: ast.AST, functions: dict[str, ast.AST]) -> Iterator[ast.expr | ast.stmt]:
    """Walk through all statements and expressions, but for those under a condition.

    Those of a function, by name in `functions`, come where it is first named; of one with a decorator, such as a
    command's, where it stands.
    """
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If | ast.IfExp) and "__name__" not in ast.unparse(child.test):
            continue
        if isinstance(child, _FUNCTIONS) and not child.decorator_list:
            continue
        if isinstance(child, ast.Name) and child.id in functions:
            yield from _unguarded(functions.pop(child.id), functions)
        if isinstance(child, ast.expr | ast.stmt):
            yield child
        yield from _unguarded(child, functions)


def _set_by(node: ast.AST) -> ast.expr | None:
    """Return what a call of `set_tracking_uri`, or an assignment to the variable that MLflow reads, sets it to."""
    if isinstance(node, ast.Call):
        function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if function == "set_tracking_uri":
            return next((word.value for word in node.keywords if word.arg == "uri"), next(iter(node.args), None))
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        key = node.targets[0].slice
        if isinstance(key, ast.Constant) and key.value == _VARIABLE:
            return node.value
    return None


def _place(uri: str, root: Path) -> str:
    """Write a server's URI so that the same is written alike; a script runs in the project's folder."""
    relative = sqlite_uri.relative_path(uri)
    if relative is not None:
        return f"sqlite:///{(root / relative).resolve()}"
    if uri.startswith("sqlite:///"):
        return f"sqlite:///{Path(uri.removeprefix('sqlite:///').partition('?')[0]).resolve()}"
    if is_local_uri(uri):
        return str((root / local_file_uri_to_path(uri)).resolve())
    url = urlsplit(uri)
    host = "localhost" if url.hostname in _LOOPBACK else url.hostname
    return f"{url.scheme}://{host}:{url.port or ''}{url.path.rstrip('/')}"
