import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.scripts.clones import (
    CONDA_YAML,
    NAMELESS,
    ROOT,
    TEST_PINS,
    bare_path,
    can_be_nameless,
    clone,
    environ,
    few_packages,
    finish,
    installed,
    pins,
    programs,
    set_up,
    sourced,
    start,
    wait_until,
    with_uv,
)
from tests.standin import standin_conda
from tests.waits import promised


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
def test_the_size_that_is_said_is_that_of_the_folder(ready):
    """What is kept when it is ready; the bytecode that runs cache comes later."""
    made, _ = ready
    kept = sum(path.lstat().st_blocks for path in (made / ".venv").rglob("*")) * 512 / 2**20
    _, said = map(int, sourced(made.parent, "", "size_of conda.yaml").stdout.split())
    assert 0.9 * said < kept < 1.1 * said


@pytest.mark.e2e
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_set_up_says_so_and_the_next_goes_on(tmp_path, sent, code):
    """Ctrl-C, or an end of the session: the exit code is a shell's for it, and nothing half-made is left."""
    if signal.getsignal(sent) is signal.SIG_IGN:
        pytest.skip("the signal is ignored here, and so in what is started")
    made, path = clone(tmp_path), with_uv(tmp_path / "bin")
    process = start(made, path, UV_CACHE_DIR=str(tmp_path / "cache"))
    wait_until(lambda: (made / ".venv" / "bin" / "python").exists(), seconds=300)
    os.killpg(process.pid, sent)
    _, err = process.communicate(timeout=300)
    assert process.returncode in {code, -sent}
    assert err.splitlines()[-1] == (
        "Interrupted: .venv is not complete. The next start goes on with what has been downloaded."
    )
    assert not (made / ".venv").exists()
    few_packages(made, ["six"])
    assert "Ready after" in set_up(made, path)[1]


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
@pytest.mark.parametrize("locker", ["flock", "perl"])
def test_of_two_starts_at_once_one_sets_up(tmp_path, locker):
    """The other waits for it, and both end with the same environment; macOS has no flock, but Perl."""
    if not shutil.which(locker):
        pytest.skip(f"takes {locker}")
    made, folder = clone(tmp_path, few=["tqdm", "six", "numpy"]), tmp_path / "bin"
    path = programs(folder, "uv", "perl")
    (folder / "python3.11").symlink_to(Path(sys.executable).resolve())
    if locker == "perl":
        (folder / "flock").unlink()
    (output, talk), (same, more) = map(finish, [start(made, path), start(made, path)])
    assert output == same
    assert (talk + more).count("Setting up") == 1


@pytest.mark.e2e
def test_where_conda_is_the_environment_is_condas(tmp_path):
    """It makes it from conda.yaml, pip adds what the tests use, whatever pip is told; it is found ready afterwards."""
    made, standin = clone(tmp_path, few=["tqdm", "six"]), standin_conda(tmp_path / "envs", found_by="PATH")
    path = os.pathsep.join([standin.pop("PATH").split(os.pathsep)[0], with_uv(tmp_path / "bin")])
    (made / "tests" / "requirements.txt").write_text(f"{pins(TEST_PINS)['iniconfig']}\n")
    hostile = {"PIP_USER": "1", "PIP_TARGET": str(tmp_path / "elsewhere"), "PIP_REQUIRE_HASHES": "1"}
    output, talk = set_up(made, path, "tests/requirements.txt", **standin, **hostile)
    assert output == [f"{made}/.venv/bin/python", f"{made}/.venv "]
    assert (made / ".venv" / "conda-meta").is_dir()
    assert "with conda" in talk
    assert installed(made) == {"pip", "tqdm", "six", "iniconfig"}
    assert set_up(made, path, **standin)[1] == ""


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
    assert "  folds (" in ran.stdout
    assert not (made / "mlflow.db").exists()


def show(made):
    """Give a clone an entry point that prints a word, where its Python is, and the values of some variables."""
    code = "import os, sys; print(sys.argv[1], sys.prefix, *map(os.environ.get, sys.argv[2:]), sep='|')"
    (made / "show.py").write_text(code)
    command = "python show.py {word} PYTHONNOUSERSITE MLFLOW_DISABLE_TELEMETRY"
    entry_point = {"command": command, "parameters": {"word": "string"}}
    project = {"name": "show", "conda_env": "conda.yaml", "entry_points": {"show": entry_point}}
    (made / "MLproject").write_text(yaml.safe_dump(project))
    return [made / "scripts" / "run", "show", "-P", "word=two words", "--experiment-name", "any"]


@pytest.mark.e2e
def test_run_is_mlflow_run_in_that_environment(ready, tmp_path):
    """From any folder: the arguments pass through, and the user's own word on telemetry stands."""
    made, path = ready
    given = environ(path, MLFLOW_DISABLE_TELEMETRY="false", DO_NOT_TRACK="true")
    ran = subprocess.run(show(made), cwd=tmp_path, env=given, capture_output=True, text=True, timeout=900)
    assert ran.stdout.splitlines() == [f"two words|{made}/.venv|1|false"], ran.stderr
    assert (made / "mlflow.db").exists()


@pytest.mark.e2e
@pytest.mark.skipif(not can_be_nameless(), reason="takes a user namespace")
def test_a_user_without_a_name_and_a_home_can_run(ready):
    """The number stands for the name: MLflow starts for nobody without one."""
    made, path = ready
    given = {name: value for name, value in environ(path).items() if name not in {"HOME", "USER", "LOGNAME"}}
    ran = subprocess.run([*NAMELESS, *show(made)], env=given, capture_output=True, text=True, timeout=900)
    assert ran.stdout.splitlines() == [f"two words|{made}/.venv|1|true"], ran.stderr
