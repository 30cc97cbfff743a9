"""The files that scripts/lock writes."""

import ast
import functools
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata

import pytest
import yaml
from mlflow.utils.environment import _PythonEnv
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.scripts.clones import CONDA_YAML, ROOT, TEST_PINS, clone, environ, names, pins, with_uv

LOCK = ROOT / "requirements.lock"
COMPILED = ("frozenlist==", "markupsafe==")  # small, with a wheel for each platform


def test_conda_yaml_has_only_what_mlflow_reads_of_it():
    """The dependencies are python=3.11, pip and a list of pins, each on a line of its own without a comment."""
    text = CONDA_YAML.read_text()
    python, pip, last = yaml.safe_load(text)["dependencies"]
    assert (python, pip, list(last)) == ("python=3.11", "pip", ["pip"])
    lines = text[text.index("- pip:\n") :].splitlines()[1:]
    assert last["pip"] == [line.removeprefix("    - ") for line in lines]
    for line in lines:
        assert re.fullmatch(r"    - [a-z0-9-]+==[\w.]+( ; [^#:]+)?", line), line


def test_mlflow_reads_conda_yaml_whole():
    """The reader behind `--env-manager uv` and `virtualenv` drops nothing of it."""
    read = _PythonEnv.from_conda_yaml(CONDA_YAML)
    assert (read.python, read.build_dependencies) == ("3.11", ["pip"])
    assert read.dependencies == yaml.safe_load(CONDA_YAML.read_text())["dependencies"][2]["pip"]


def test_what_the_project_imports_is_pinned():
    """Each name in scripts/requirements.in has its pin in conda.yaml, at the version given there, if one is."""
    for line in (ROOT / "scripts" / "requirements.in").read_text().splitlines():
        if line[:1].isalpha():
            wanted = Requirement(line)
            (pin,) = pins(CONDA_YAML)[wanted.name].specifier
            assert pin.version in wanted.specifier


@functools.cache
def imported_by_the_steps():
    """The top-level modules of other packages that a file in steps/ imports, each with the packages that have it."""
    nodes = [node for path in ROOT.glob("steps/**/*.py") for node in ast.walk(ast.parse(path.read_text()))]
    imported = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    packages = metadata.packages_distributions()
    foreign = {name.split(".")[0] for name in imported} - {*sys.stdlib_module_names, "steps"}
    return {module: {canonicalize_name(name) for name in packages.get(module, [module])} for module in foreign}


def test_what_the_steps_import_is_listed():
    """scripts/requirements.in names each package that a file in steps/ imports: none is there by chance."""
    listed = names(ROOT / "scripts" / "requirements.in") | names(ROOT / "scripts" / "requirements-ray.in")
    assert {module for module, packages in imported_by_the_steps().items() if not packages & listed} == set()


def test_what_is_listed_is_imported_or_has_its_reason():
    """A name in scripts/requirements.in that no file in steps/ imports stands in the last part, below a comment."""
    imported = set().union(*imported_by_the_steps().values())
    *_, last = (ROOT / "scripts" / "requirements.in").read_text().split("\n\n")
    assert last.startswith("# What nothing in steps/ imports: ")
    with_a_reason = {line for line in last.splitlines() if line[:1].isalpha()}
    assert names(ROOT / "scripts" / "requirements.in") - imported == with_a_reason


def test_conda_ray_yaml_is_the_base_and_what_ray_needs():
    """Every pin of conda.yaml stands in it, and Ray only there."""
    base, both = pins(CONDA_YAML), pins(CONDA_YAML.with_name("conda-ray.yaml"))
    assert both.items() >= base.items()
    assert {"ray"} <= names(ROOT / "scripts" / "requirements-ray.in") <= set(both) - set(base)


def test_what_the_tests_use_comes_on_top():
    """Each name in tests/requirements.in is pinned once: in conda.yaml, or in tests/requirements.txt.

    A pin that conda.yaml has for some platforms alone may stand in both, at one version.
    """
    project, tests = pins(CONDA_YAML), pins(TEST_PINS)
    assert names(ROOT / "tests" / "requirements.in") <= project.keys() | tests.keys()
    for name in project.keys() & tests.keys():
        assert project[name].marker
        assert project[name].specifier == tests[name].specifier


def hashes(path):
    """The hashes of each requirement in a file for `--require-hashes`."""
    lines = path.read_text().replace(" \\\n    --hash=", " --hash=").splitlines()
    split = (line.split(" --hash=") for line in lines if not line.startswith("#"))
    return {requirement: set(found) for requirement, *found in split}


def test_the_lock_has_the_pins_of_conda_yaml_with_hashes():
    """The same lines in the same order, each with a sha256 for the files of its release, on Linux as on macOS."""
    found = hashes(LOCK)
    assert "://" not in LOCK.read_text()
    assert list(found) == yaml.safe_load(CONDA_YAML.read_text())["dependencies"][2]["pip"]
    for requirement, of_files in found.items():
        assert of_files, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in of_files), requirement
    compiled = [of_files for requirement, of_files in found.items() if requirement.startswith(("numpy==", "scipy=="))]
    assert min(map(len, compiled)) > 20  # a wheel for each Python and platform, and the source


@pytest.mark.parametrize(
    "path", [CONDA_YAML, CONDA_YAML.with_name("conda-ray.yaml"), TEST_PINS], ids=lambda path: path.name
)
def test_every_line_is_a_pin_for_python_3_11_from_anywhere(path):
    """No pin depends on the version of Python, and no file says where packages come from."""
    assert "://" not in path.read_text()
    assert "index" not in path.read_text()
    for pin in pins(path).values():
        assert [specifier.operator for specifier in pin.specifier] == ["=="]
        assert not re.search(r"\bpython_(full_)?version", str(pin.marker))


@pytest.mark.skipif("TUNING_AGAINST" in os.environ, reason="scripts/check --against has other releases")
def test_the_pins_are_what_is_installed_and_all_that_is_needed():
    """Each package stands here at its pinned version, and what it requires is pinned too."""
    here = {name: pin for path in (CONDA_YAML, TEST_PINS) for name, pin in pins(path).items()}
    here = {name: pin for name, pin in here.items() if pin.marker is None or pin.marker.evaluate()}
    for name, pin in here.items():
        assert pin.specifier.contains(metadata.version(name)), name
        for required in map(Requirement, metadata.requires(name) or []):
            if required.marker is None or required.marker.evaluate({"extra": ""}):
                assert canonicalize_name(required.name) in here, f"{name} requires {required}"


@pytest.mark.e2e
def test_lock_keeps_the_pins(tmp_path):
    """Locking again writes the same files, also where a folder beside the index has one wheel of many."""
    made = clone(tmp_path)
    env = environ(with_uv(tmp_path / "bin"))
    words = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest", tmp_path / "wheels"]
    subprocess.run([*words, str(pins(CONDA_YAML)["markupsafe"])], env=env, check=True, timeout=900)
    env["PIP_FIND_LINKS"] = f"{env.get('PIP_FIND_LINKS', '')} {tmp_path / 'wheels'}"
    subprocess.run([made / "scripts" / "lock"], env=env, check=True, timeout=900)
    for path in (CONDA_YAML, TEST_PINS):
        assert (made / path.relative_to(ROOT)).read_text() == path.read_text()
    again, before = hashes(made / LOCK.name), hashes(LOCK)
    assert list(again) == list(before)
    assert {name for name in before if not before[name] <= again[name]} == set()  # a release may get more files


@pytest.mark.e2e
@pytest.mark.parametrize("platform", ["linux", "macos", "x86_64-apple-darwin", "aarch64-unknown-linux-gnu"])
def test_uv_installs_from_the_lock_on_each_platform(tmp_path, platform):
    """The wheel of each platform has one of the hashes; with another hash it is refused."""
    lines = [line for line in LOCK.read_text().replace(" \\\n", " ").splitlines() if line.startswith(COMPILED)]
    (tmp_path / "some.lock").write_text("\n".join(lines))
    words = ["uv", "pip", "install", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-cache"]
    words += ["--python", sys.executable, "--python-platform", platform, "--target", str(tmp_path / "to")]
    words += ["-r", str(tmp_path / "some.lock")]
    subprocess.run(words, capture_output=True, check=True, timeout=900)
    assert {path.name.split("-")[0] for path in (tmp_path / "to").glob("*.dist-info")} == {"frozenlist", "markupsafe"}
    shutil.rmtree(tmp_path / "to")
    (tmp_path / "some.lock").write_text(re.sub(r"sha256:\w{8}", "sha256:00000000", "\n".join(lines)))
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 1
    assert "Hash mismatch" in done.stderr
