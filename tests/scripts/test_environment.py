import ast
import functools
import http.server
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from mlflow.utils.environment import _PythonEnv
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.standin import standin_conda
from tests.waits import promised

ROOT = Path(__file__).parents[2]
CONDA_YAML = ROOT / "conda.yaml"
TEST_PINS = ROOT / "tests" / "requirements.txt"

# What every script does first; then it says which python and which of an environment's variables are in force.
SET_UP = """
set -euo pipefail
. scripts/environment
environment "$@"
command -v python
echo "${CONDA_PREFIX:-} ${VIRTUAL_ENV:-}"
"""


def pins(path):
    """The pinned requirements in a file that scripts/lock wrote, by name."""
    lines = [line.removeprefix("    - ") for line in path.read_text().splitlines()]
    return {
        requirement.name: requirement
        for requirement in (Requirement(line) for line in lines if re.match(r"[^ #]+==", line))
    }


def names(path):
    """The names in a short list that scripts/lock reads."""
    return {canonicalize_name(Requirement(line).name) for line in path.read_text().split("\n") if line[:1].isalpha()}


# --- the files that scripts/lock writes


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
    """Each name in tests/requirements.in is pinned once: in conda.yaml or in tests/requirements.txt."""
    project, tests = set(pins(CONDA_YAML)), set(pins(TEST_PINS))
    assert names(ROOT / "tests" / "requirements.in") <= project | tests
    assert not project & tests


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


def test_the_pins_are_what_is_installed_and_all_that_is_needed():
    """Each package stands here at its pinned version, and what it requires is pinned too."""
    here = {name: pin for path in (CONDA_YAML, TEST_PINS) for name, pin in pins(path).items()}
    here = {name: pin for name, pin in here.items() if pin.marker is None or pin.marker.evaluate()}
    for name, pin in here.items():
        assert pin.specifier.contains(metadata.version(name)), name
        for required in map(Requirement, metadata.requires(name) or []):
            if required.marker is None or required.marker.evaluate({"extra": ""}):
                assert canonicalize_name(required.name) in here, f"{name} requires {required}"


# --- how conda.yaml is read where there is no YAML parser


def sourced(folder, text, command):
    """What a function of scripts/environment says of a conda.yaml."""
    clone = folder / "read"
    shutil.copytree(ROOT / "scripts", clone / "scripts", dirs_exist_ok=True)
    (clone / "conda.yaml").write_bytes(text.encode())
    script = f"set -euo pipefail; . scripts/environment; {command}"
    return subprocess.run(["bash", "-c", script], cwd=clone, capture_output=True, text=True, timeout=60)


def conda_yaml(*items, end=""):
    """A conda.yaml with lines under `- pip:`."""
    return "\n".join(["name: any", "dependencies:", "  - python=3.11", "  - pip", "  - pip:", *items]) + f"\n{end}"


# As people and programs write them: MLflow and conda, with comments, quotes and the ends of lines of Windows.
WRITTEN = [
    conda_yaml("    - ranged>=1,<2", "    - extra[one,two]", "    - same~=1.0", "    - any"),
    conda_yaml('    - "double>=1 ; python_version < \\"3.12\\""', "    - 'single ; os_name == ''nt'''  # why"),
    conda_yaml("    # why", "    - one # it's needed", "", "  # less deep", "    - 'two' # 'two'", "    - three"),
    conda_yaml("    - --extra-index-url https://me:${TOKEN}@host/simple", "    - --index-url=https://host/simple"),
    conda_yaml("    - -e ./my lib", "    - -r more.txt", "    - ./a.whl", "    - -c $HOME/c.txt", '    - "~/b.whl"'),
    conda_yaml("    - at @ https://host/at-1.whl#sha256=ab", "    - git @ git+https://host/git@main#egg=git"),
    conda_yaml(
        '    -   "back\\\\slash"', "    - hash==1 --hash=sha256:ab", end="prefix: /home/me\nvariables:\n  - one\n"
    ),
    conda_yaml("  - as", "  - deep", "  - as-its-dash")
    .replace("\n  - p", "\n- p")
    .replace("\n- pip:", "\n- pip:  # list"),
    conda_yaml("    - one", "  - after=1").replace("- pip:", '- "pip":  # packages'),
    conda_yaml("    - one", "    - two").replace("\n", "\r\n"),
    conda_yaml("    - one", "    - last").rstrip(),
    "channels:\n  - pip:\n" + conda_yaml("    - one"),
]


@pytest.mark.parametrize("text", [*WRITTEN, CONDA_YAML.read_text()])
def test_the_list_of_pip_is_what_a_yaml_parser_reads(tmp_path, text):
    """Every line of it, in its order, without the quotes that it may have."""
    (wanted,) = [item["pip"] for item in yaml.safe_load(text)["dependencies"] if isinstance(item, dict)]
    done = sourced(tmp_path, text, "pip_lines")
    assert (done.returncode, done.stderr) == (0, "")
    assert [re.sub(" +#.*", "", line) for line in done.stdout.splitlines()] == wanted


UNREADABLE = [
    (conda_yaml().replace("- pip:", "- pip: [one, two]"), "line 5: '- pip: [one, two]'"),
    (conda_yaml("    [one,", "    two]"), "line 6: '[one,'"),
    (conda_yaml("    - >-", "      one"), "line 6: '- >-'"),
    (conda_yaml("    - one", "      >=1"), "line 7: '>=1'"),
    (conda_yaml("    - {one: two}"), "line 6: '- {one: two}'"),
    (conda_yaml('    - "one'), "line 6: '- \"one'"),
    (conda_yaml(), "packages under '- pip:', a line each"),
    ("name: any\n", "packages under '- pip:', a line each"),
]


@pytest.mark.parametrize(("text", "message"), UNREADABLE)
def test_a_list_that_it_can_not_read_ends_the_set_up(tmp_path, text, message):
    """One line that says where and what is expected; nothing is installed."""
    done = sourced(tmp_path, text, "build_with_uv")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("conda.yaml")
    assert message in line
    assert "expected" in line
    assert not (tmp_path / "read" / ".venv").exists()


def test_packages_that_only_conda_has_are_named(tmp_path):
    """Those beside python, pip and the list of pip."""
    text = conda_yaml("    - one", "  - cudatoolkit >=11", "  - 'conda-forge::numpy'").replace("=3.11", " # any")
    done = sourced(tmp_path, text, "left_to_conda")
    message = "only conda installs what stands outside the list of pip: cudatoolkit >=11, conda-forge::numpy"
    assert done.stderr == f"conda.yaml: {message}\n"
    assert sourced(tmp_path, CONDA_YAML.read_text(), "left_to_conda").stderr == ""


def test_a_file_that_a_line_names_is_part_of_what_the_environment_is_made_from(tmp_path):
    """A change in it, or in one that it names itself, makes the environment anew; a circle has an end."""
    text = conda_yaml("    - '-r more/it is.txt' # why", "    - one", "    - --requirement=none.txt")
    more = tmp_path / "read" / "more"
    more.mkdir(parents=True)
    (more / "it is.txt").write_text("-r deep.txt\ntwo>=2\n")

    def stamp(deep):
        (more / "deep.txt").write_text(f"{deep}\n--requirement it is.txt\n")
        done = sourced(tmp_path, text, "maker=uv; made_from conda.yaml")
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    assert stamp("three==3") == stamp("three==3")
    assert "\ntwo>=2\n" in stamp("three==3")
    assert "\nthree==3\n" in stamp("three==3")
    assert stamp("three==3") != stamp("three==30")


# --- the set-up


def bare_path(*first):
    """A PATH with Python 3.11 and the system's programs, after the given folders: as a rule without uv and conda."""
    return os.pathsep.join(map(str, [*first, Path(sys.executable).resolve().parent, "/usr/bin", "/bin"]))


def with_uv(folder):
    """A PATH with uv as well."""
    folder.mkdir(exist_ok=True)
    if not (folder / "uv").exists():
        (folder / "uv").symlink_to(shutil.which("uv"))
    return bare_path(folder)


def few_packages(clone, packages):
    """Pin nothing but a few packages, whose installation takes no time."""
    lines = ["name: few", "dependencies:", "  - python=3.11", "  - pip", "  - pip:"]
    (clone / "conda.yaml").write_text("\n".join([*lines, *(f"    - {pins(CONDA_YAML)[name]}" for name in packages)]))


def clone(folder, few=()):
    """A fresh clone, as far as the set-up looks, at a path that has to be quoted; of all packages or of a few."""
    clone = folder / "it's a clone"
    (clone / "tests").mkdir(parents=True)
    shutil.copytree(ROOT / "scripts", clone / "scripts")
    shutil.copy(CONDA_YAML, clone)
    for name in ("requirements.in", "requirements.txt"):
        shutil.copy(ROOT / "tests" / name, clone / "tests")
    if few:
        few_packages(clone, few)
    return clone


def environ(path, **more):
    """The variables of this process, less those that an active environment sets, with the given PATH."""
    dropped = {"VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_EXE", "MLFLOW_TRACKING_URI"}
    return {key: value for key, value in os.environ.items() if key not in dropped} | {"PATH": path} | more


def start(clone, path, *arguments, **more):
    """Begin a set-up, as the leader of a group of its own."""
    return subprocess.Popen(
        ["bash", "-c", SET_UP, "bash", *arguments],
        cwd=clone,
        env=environ(path, **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process):
    """Wait for a set-up; return what it said on stdout, line by line, and on stderr."""
    out, err = process.communicate(timeout=900)
    assert process.returncode == 0, err
    return out.splitlines(), err


def set_up(clone, path, *arguments, **more):
    return finish(start(clone, path, *arguments, **more))


def versions_in(clone):
    """The packages in a clone's environment: their names and versions."""
    found = (clone / ".venv").glob("lib/python3.11/site-packages/*.dist-info")
    return dict(path.name.removesuffix(".dist-info").split("-", 1) for path in found)


def installed(clone):
    """The names of the packages in a clone's environment."""
    return set(versions_in(clone))


def wait_until(true, *, seconds):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """A clone that uv has set up, and the PATH with that uv."""
    folder = tmp_path_factory.mktemp("ready")
    path = with_uv(folder / "bin")
    made = clone(folder)
    set_up(made, path)
    return made, path


@pytest.mark.e2e
def test_a_set_up_killed_half_way_is_made_anew(tmp_path):
    """On a machine without uv and conda: what SIGKILL leaves is not taken as ready, and the next start completes it."""
    made, path = clone(tmp_path), bare_path()
    killed = start(made, path)
    wait_until(lambda: installed(made) - {"pip", "setuptools", "uv"}, seconds=300)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert not (made / ".venv" / "made-from").exists()

    output, talk = set_up(made, path)
    assert output[0] == f"{made}/.venv/bin/python"
    assert "Setting up .venv" in talk
    wanted = {name.replace("-", "_") for name, pin in pins(CONDA_YAML).items() if not pin.marker}
    assert wanted <= installed(made)


@pytest.mark.e2e
def test_the_second_start_finds_it_ready(ready):
    """A start that has nothing to set up says nothing and takes less than a second."""
    with promised(1):
        output, talk = set_up(*ready)
    assert (output, talk) == ([f"{ready[0]}/.venv/bin/python", f" {ready[0]}/.venv"], "")


@pytest.mark.e2e
def test_another_conda_yaml_or_place_is_another_environment(tmp_path):
    """When conda.yaml changes, or the clone moves, it is made anew; when neither does, it is left alone."""
    made, path = clone(tmp_path, few=["tqdm"]), with_uv(tmp_path / "bin")
    assert "Setting up" in set_up(made, path)[1]
    few_packages(made, ["tqdm", "six"])
    assert "Setting up" in set_up(made, path)[1]
    assert installed(made) == {"pip", "tqdm", "six"}
    moved = made.rename(tmp_path / "moved")
    assert "Setting up" in set_up(moved, path)[1]
    assert "Setting up" not in set_up(moved, path)[1]


@pytest.mark.e2e
def test_an_environment_that_a_link_leads_to_is_left_alone(tmp_path):
    """It is another clone's: the link is removed, and this clone gets one of its own."""
    made, path = clone(tmp_path, few=["six"]), with_uv(tmp_path / "bin")
    set_up(made, path)
    other = clone(tmp_path / "other", few=["six"])
    (other / ".venv").symlink_to(made / ".venv")
    assert "Setting up" in set_up(other, path)[1]
    assert not (other / ".venv").is_symlink()
    assert "Setting up" not in set_up(made, path)[1]


def wheel(folder, name, version, *metadata):
    """Write a package that has nothing but its metadata."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *metadata]
    files = {
        f"{info}/METADATA": "\n".join(lines) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: none\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        for path, content in files.items():
            file.writestr(path, content)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def served(tmp_path):
    """A folder, and the URL under which it is served."""
    folder = tmp_path / "served"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.e2e
@pytest.mark.parametrize("pre", [False, True])
def test_uv_installs_every_line_of_the_list(tmp_path, served, pre):
    """As pip does: ranges, extras, markers, URLs, paths, what is edited, other indexes and folders, constraints."""
    folder, url = served
    made, own = clone(tmp_path), "notonpypi_"
    for version, index in (("1.0", "first"), ("1.5", "second"), ("1.6rc1", "second"), ("2.0", "second")):
        wheel(folder / index / f"{own}ranged".replace("_", "-"), f"{own}ranged", version)
    extra = ["Provides-Extra: more", f"Requires-Dist: {own}extra ; extra == 'more'"]
    wheel(folder / "second" / f"{own}plain".replace("_", "-"), f"{own}plain", "1.0", *extra)
    wheel(folder / "second" / f"{own}extra".replace("_", "-"), f"{own}extra", "1.0")
    for name, version in (("found", "1"), ("found", "2"), ("by_path", "1")):
        wheel(made / "wheels", f"{own}{name}", version)
    wheel(folder, f"{own}by_url", "1")
    (made / "edited").mkdir()
    (made / "edited" / "pyproject.toml").write_text(f"[project]\nname = '{own}edited'\nversion = '1'\n")
    (made / "limits.txt").write_text(f"{own}found<2\n")
    lines = [
        *(["--pre"] if pre else []),
        f"--extra-index-url {url}/first",
        f"--extra-index-url={url}/second",
        "--find-links ./wheels",
        "-c limits.txt",
        f'"{own}ranged>=1,<2"  # a range',
        f"'{own}plain[more] ; python_version >= ''3.11'''",
        f"{own}never ; sys_platform == 'win32'",
        f"{own}found",
        f"./wheels/{own}by_path-1-py3-none-any.whl",
        f"{own}by_url @ {url}/{own}by_url-1-py3-none-any.whl",
        "-e ./edited",
        "six",
    ]
    (made / "conda.yaml").write_text(conda_yaml(*(f"    - {line}" for line in lines), "  - cudatoolkit"))

    output, talk = set_up(made, with_uv(tmp_path / "bin"))
    assert output[0] == f"{made}/.venv/bin/python"
    assert "outside the list of pip: cudatoolkit" in talk
    versions = versions_in(made)
    assert {"pip", "six"} <= set(versions)
    assert {name.removeprefix(own): version for name, version in versions.items() if name.startswith(own)} == {
        "ranged": "1.6rc1" if pre else "1.5",
        "plain": "1.0",
        "extra": "1.0",
        "found": "1",
        "by_path": "1",
        "by_url": "1",
        "edited": "1",
    }


@pytest.mark.e2e
def test_the_tests_packages_come_on_top(ready):
    """They are added to the standing environment, which stays ready for a run."""
    made, path = ready
    assert "Setting up" not in set_up(made, path, "tests/requirements.txt")[1]
    assert {"pytest", "mlflow"} <= installed(made)
    stamp = (made / ".venv" / "made-from").stat()
    set_up(made, path, "tests/requirements.txt")
    set_up(made, path)
    assert (made / ".venv" / "made-from").stat() == stamp


@pytest.mark.e2e
@pytest.mark.skipif(not shutil.which("flock"), reason="two set-ups at once are kept apart by flock")
def test_of_two_starts_at_once_one_sets_up(tmp_path):
    """The other waits for it, and both end with the same environment."""
    made, path = clone(tmp_path, few=["tqdm", "six", "numpy"]), with_uv(tmp_path / "bin")
    (output, talk), (same, more) = map(finish, [start(made, path), start(made, path)])
    assert output == same
    assert (talk + more).count("Setting up") == 1


@pytest.mark.e2e
def test_where_conda_is_the_environment_is_condas(tmp_path):
    """It makes it from conda.yaml, pip adds what the tests use, and it is found ready afterwards."""
    made, standin = clone(tmp_path, few=["tqdm", "six"]), standin_conda(tmp_path / "envs", found_by="PATH")
    path = os.pathsep.join([standin.pop("PATH").split(os.pathsep)[0], with_uv(tmp_path / "bin")])
    output, talk = set_up(made, path, "tests/requirements.txt", **standin)
    assert output == [f"{made}/.venv/bin/python", f"{made}/.venv "]
    assert (made / ".venv" / "conda-meta").is_dir()
    assert "with conda" in talk
    assert {"pytest", "tqdm"} <= installed(made)
    assert set_up(made, path, **standin)[1] == ""


@pytest.mark.parametrize("name", ["run", "test", "check", "lock"])
def test_without_python_3_11_the_message_says_so(tmp_path, name):
    """It names what was tried and what to install, and nothing ready is left."""
    made = clone(tmp_path)
    for python in ("python3.11", "python3", "python"):
        (tmp_path / python).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / python).chmod(0o755)
    ran = subprocess.run(
        [made / "scripts" / name, "train"], env=environ(bare_path(tmp_path)), capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 1
    assert "Python 3.11 with its modules venv and ensurepip is missing" in ran.stderr
    assert "apt-get install python3.11-venv" in ran.stderr
    assert not (made / ".venv" / "made-from").exists()


@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("--help",), 0), (("-h",), 0), (("-P", "x=1"), 2)])
def test_run_without_an_entry_point_says_how_it_is_used(tmp_path, arguments, code):
    """It sets nothing up for that."""
    made = clone(tmp_path)
    ran = subprocess.run([made / "scripts" / "run", *arguments], capture_output=True, text=True, timeout=300)
    assert ran.returncode == code
    assert ran.stdout.startswith("usage: scripts/run [--ray] <entry point>")
    assert not (made / ".venv").exists()


@pytest.mark.e2e
@pytest.mark.parametrize("entry_point", ["tune", "main"])
def test_help_of_an_entry_point_lists_its_parameters(ready, tmp_path, entry_point):
    """From any folder, and no run is made for it."""
    made, path = ready
    if not (made / "steps").exists():
        (made / "steps").symlink_to(ROOT / "steps")
    ran = subprocess.run(
        [made / "scripts" / "run", entry_point, "--help"],
        cwd=tmp_path,
        env=environ(path),
        capture_output=True,
        text=True,
        check=True,
        timeout=900,
    )
    assert ran.stdout.startswith(f"scripts/run {entry_point.replace('main', 'train')} [-P parameter=value ...]")
    assert "--folds (" in ran.stdout
    assert not (made / "mlflow.db").exists()


@pytest.mark.parametrize(
    ("script", "begins", "refused"),
    [
        ("tidy", "Settle runs that a power cut", "takes no arguments, got study"),
        ("docs", "Write docs/parameters.md", "takes serve or nothing, got study"),
    ],
)
def test_a_script_with_few_arguments_says_which(tmp_path, script, begins, refused):
    """Its help is help, and sets nothing up; anything else is an error."""
    made = clone(tmp_path)
    asked, wrong = (
        subprocess.run([made / "scripts" / script, word], capture_output=True, text=True, check=False, timeout=300)
        for word in ("--help", "study")
    )
    assert (asked.returncode, wrong.returncode) == (0, 2)
    assert asked.stdout.startswith(begins)
    assert refused in wrong.stderr
    assert not (made / ".venv").exists()


@pytest.mark.e2e
def test_run_is_mlflow_run_in_that_environment(ready, tmp_path):
    """From any folder: the arguments pass through, and the user's own word on telemetry stands."""
    made, path = ready
    code = "import os, sys; print(sys.argv[1], sys.prefix, *map(os.environ.get, sys.argv[2:]), sep='|')"
    (made / "show.py").write_text(code)
    command = "python show.py {word} PYTHONNOUSERSITE MLFLOW_DISABLE_TELEMETRY"
    entry_point = {"command": command, "parameters": {"word": "string"}}
    project = {"name": "show", "conda_env": "conda.yaml", "entry_points": {"show": entry_point}}
    (made / "MLproject").write_text(yaml.safe_dump(project))
    ran = subprocess.run(
        [made / "scripts" / "run", "show", "-P", "word=two words", "--experiment-name", "any"],
        cwd=tmp_path,
        env=environ(path, MLFLOW_DISABLE_TELEMETRY="false", DO_NOT_TRACK="true"),
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert ran.stdout.splitlines() == [f"two words|{made}/.venv|1|false"], ran.stderr
    assert (made / "mlflow.db").exists()


@pytest.mark.e2e
def test_lock_keeps_the_pins(tmp_path):
    """Locking again writes the same files."""
    made = clone(tmp_path)
    subprocess.run([made / "scripts" / "lock"], env=environ(with_uv(tmp_path / "bin")), check=True, timeout=900)
    for path in (CONDA_YAML, TEST_PINS):
        assert (made / path.relative_to(ROOT)).read_text() == path.read_text()
