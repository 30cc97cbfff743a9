"""The layout of steps/: who may import whom, and what each file is like."""

import ast
import doctest
import functools
import graphlib
import importlib
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from steps import names
from steps.project.environment import PROJECT

STEPS = PROJECT / "steps"
FILES = sorted(STEPS.rglob("*.py"))
HEAVY = {"mlflow", "sklearn", "numpy", "pandas", "scipy", "optuna", "matplotlib"}


def module_name(path: Path) -> str:
    """`steps.tuning.space` for steps/tuning/space/__init__.py."""
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


@functools.cache
def nodes(path: Path) -> list[ast.AST]:
    """What a file consists of."""
    return list(ast.walk(ast.parse(path.read_text())))


@functools.cache
def imports(path: Path) -> frozenset[str]:
    """The names that a file imports, at the top or in a function: `steps.names` and `steps.names.Tag`, say."""
    imported: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            imported |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            imported |= {str(node.module), *(f"{node.module}.{name.name}" for name in node.names)}
    return frozenset(imported)


@functools.cache
def imported_modules(path: Path) -> set[str]:
    """The modules of steps/ that a file imports; not the packages that these merely lie in."""
    named = {name for name in imports(path) if name in MODULES}
    packages = {name for name in named if MODULES[name].name == "__init__.py"}
    used = {name for name in packages if _takes_a_name_of(path, name)}
    return (named - packages) | used


def _takes_a_name_of(path: Path, package: str) -> bool:
    """Tell whether a file imports something that is defined in a package's own __init__.py, or the package itself."""
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{name.name}" for name in node.names]
            if package in names or (node.module == package and any(name not in MODULES for name in names)):
                return True
    return False


def rooms() -> dict[str, set[str]]:
    """What each room imports: the folders below steps/ and steps/tuning, steps/training, steps/backends, and files."""
    graph: dict[str, set[str]] = {}
    for name, path in MODULES.items():
        graph.setdefault(_room(name), set()).update(_room(other) for other in imported_modules(path))
    return {room: others - {room} for room, others in graph.items()}


def _room(module: str) -> str:
    parts = module.split(".")
    deep = 3 if parts[1:2] and parts[1] in ("tuning", "training", "backends") else 2
    return ".".join(parts[:deep])


def test_no_module_and_no_room_imports_itself_in_a_circle():
    """The import graph has an order, of the files and of the rooms: nothing imports what stands above it."""
    modules = {name: imported_modules(path) - {name} for name, path in MODULES.items()}
    assert sum(map(len, modules.values())) > 100
    assert len(list(graphlib.TopologicalSorter(modules).static_order())) == len(modules)
    assert len(list(graphlib.TopologicalSorter(rooms()).static_order())) > 20


@pytest.mark.parametrize(
    ("room", "never"),
    [
        ("training", ["steps.tuning", "steps.reproduction", "steps.backends", "steps.tune", "optuna"]),
        ("tuning", ["steps.training", "steps.reproduction", "steps.train", "sklearn"]),
        ("reproduction", ["steps.training", "steps.tuning", "steps.train", "steps.tune", "sklearn", "optuna"]),
        ("backends", ["steps.training", "steps.tuning", "steps.train", "steps.tune", "sklearn", "optuna"]),
        ("tracking", ["steps.training", "steps.tuning", "steps.backends", "steps.reproduction", "sklearn", "optuna"]),
        ("project", ["steps.training", "steps.tuning", "steps.backends", "steps.reproduction", "steps.tracking"]),
        ("process", ["steps.training", "steps.tuning", "steps.backends", "steps.reproduction", "steps.tracking"]),
        ("parameters", ["steps.training", "steps.tuning", "steps.backends", "steps.tracking", "mlflow", "sklearn"]),
    ],
)
def test_the_rooms_of_the_house_stay_apart(room, never):
    """Training and tuning never import each other, and the rooms that serve both import neither."""
    names = [name for path in (STEPS / room).rglob("*.py") for name in imports(path)]
    assert any(name.startswith("steps.") for name in names)
    assert [name for name in names for other in never if f"{name}.".startswith(f"{other}.")] == []


@pytest.mark.parametrize("module", ["steps.names", "steps.errors"])
def test_names_and_errors_import_nothing_of_ours(module):
    """Whoever needs a name or an error gets nothing else with it."""
    assert [name for name in imports(MODULES[module]) if name.startswith("steps")] == []


def test_no_two_modules_and_no_two_classes_have_the_same_name():
    """Who searches for a name finds one thing."""
    files = Counter(path.stem for path in FILES if path.stem != "__init__")
    classes = Counter(node.name for path in FILES for node in nodes(path) if isinstance(node, ast.ClassDef))
    assert [name for name, count in (files + classes).items() if count > 1] == []


def test_a_name_that_crosses_a_process_stands_in_names_alone():
    """No other module spells a tag, a role in a tag's comparison, an artifact or an environment variable."""
    groups = (names.Tag, names.Artifact, names.Variable)
    spelled = {value for group in groups for value in vars(group).values() if isinstance(value, str)}
    spelled = {value for value in spelled if re.search(r"[._]", value)}  # else it may be any word
    spellings = [
        f"{path.relative_to(PROJECT)}: {node.value}"
        for path in FILES
        if path != STEPS / "names.py"
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in spelled
    ]
    assert spellings == []
    roles = "|".join(value for name, value in vars(names.Role).items() if name.isupper())
    comparison = re.compile(rf"Tag\.ROLE\W.{{0,12}}['\"]({roles})['\"]")
    assert [str(path) for path in FILES if comparison.search(path.read_text())] == []


PURE_ROOMS = ("steps.parameters", "steps.spaces", "steps.tuning.search", "steps.tuning.space")
PURE = ["steps.errors", "steps.names", *(name for name in MODULES if name.startswith(PURE_ROOMS))]


def reached(module: str) -> set[str]:
    """A module, what it imports when it runs, what that imports, and so on."""
    modules, left = set(), [module]
    while left:
        modules.add(left[-1])
        path = MODULES[left.pop()]
        left += imported_modules(path) - modules - {name for name in for_types(path) if name in MODULES}
    return modules


def for_types(path: Path) -> set[str]:
    """The modules that a file imports for a type checker alone."""
    blocks = [node for node in nodes(path) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    return {str(node.module) for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("module", PURE)
def test_what_is_meant_to_be_pure_is_pure(module):
    """Parameters, errors, names, space and search know no MLflow, no process, no clock; nor does what they import."""
    paths = [MODULES[name] for name in reached(module)]
    packages = {name.partition(".")[0] for path in paths for name in imports(path)}
    assert packages & {"mlflow", "multiprocessing", "subprocess", "time"} == set()


def test_help_and_wrong_values_answer_without_the_heavy_imports():
    """`--help` and a wrong value import neither MLflow nor scikit-learn nor anything else that takes its time."""
    script = (
        "import sys; from steps import reproduce, space, train, tune\n"
        "steps = (train, tune, reproduce, space)\n"
        "codes = [step.main(words) for step in steps for words in (['--help'], ['--seed', 'x'])]\n"
        "print(codes, sorted(name for name in sys.modules if '.' not in name))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    codes, _, modules = done.stdout.splitlines()[-1].partition("] [")
    assert codes == "[0, 2, 0, 2, 0, 2, 0, 2"
    assert "'steps'" in modules
    assert [name for name in HEAVY if f"'{name}'" in modules] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_file_is_small_and_says_what_it_does(path):
    """A file in steps/ has less than 250 lines and begins with a sentence."""
    text = path.read_text()
    assert len(text.splitlines()) < 250
    assert (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0].strip()


@pytest.mark.parametrize("path", [path for path in FILES if ">>> " in path.read_text()], ids=lambda path: path.stem)
def test_the_examples_in_docstrings_are_true(path):
    """What a docstring shows is what happens."""
    result = doctest.testmod(importlib.import_module(module_name(path)))
    assert result.attempted > 0
    assert result.failed == 0
