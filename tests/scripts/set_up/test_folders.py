import os
import shutil
import subprocess

import pytest

from tests.scripts.clones import bare_path, clone, environ, few_packages, installed, set_up, versions_in, with_uv
from tests.standin import standin_conda

# Something that runs until its standard input ends, and then imports a module that was not loaded before.
RUNNING = "import sys; print('running', flush=True); sys.stdin.read(); import six; print(six.__file__)"
LOADED = "import numpy, sys; print('running', flush=True); sys.stdin.read(); import six; print(six.__file__)"


def begin(made, script, path):
    """Start something that goes on until `end`."""
    process = subprocess.Popen(
        ["bash", "-c", script],
        cwd=made,
        env=environ(path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    return process


def end(process):
    """Let it end; return what it imported by then."""
    out, _ = process.communicate("", timeout=300)
    assert process.returncode == 0
    return out.strip()


def with_conda(folder, path):
    """The same PATH with conda before it, and the variables that this takes."""
    standin = standin_conda(folder / "envs", found_by="PATH")
    return os.pathsep.join([standin.pop("PATH").split(os.pathsep)[0], path]), standin


@pytest.mark.e2e
def test_one_that_is_ready_is_taken_whoever_made_it(tmp_path):
    """By uv or by conda, in a shell that has conda on PATH and in one that has not."""
    path = with_uv(tmp_path / "bin")
    both, standin = with_conda(tmp_path, path)
    by_uv, by_conda = clone(tmp_path / "1", few=["six"]), clone(tmp_path / "2", few=["six"])
    output, _ = set_up(by_uv, path)
    assert set_up(by_uv, both, **standin) == (output, "")
    output, _ = set_up(by_conda, both, **standin)
    assert set_up(by_conda, path, CONDA_PREFIX="/elsewhere") == (output, "")
    assert output[1] == f"{by_conda}/.venv "


@pytest.mark.e2e
@pytest.mark.parametrize("second", ["uv", "conda"])
@pytest.mark.parametrize("started", ["by a script", "directly"])
def test_one_that_is_in_use_is_never_removed(tmp_path, second, started):
    """When conda.yaml changes amid it, the next start takes a folder beside it; later ones take the first again."""
    made, path = clone(tmp_path, few=["six", "numpy"]), with_uv(tmp_path / "bin")
    set_up(made, path)
    script = f'set -eu; . scripts/environment; environment; exec python -c "{RUNNING}"'
    running = begin(made, script if started == "by a script" else f'exec .venv/bin/python -c "{LOADED}"', path)

    few_packages(made, ["tqdm"])
    other, standin = with_conda(tmp_path, path) if second == "conda" else (path, {})
    output, talk = set_up(made, other, **standin)
    assert output[0] == f"{made}/.venv-2/bin/python"
    assert f".venv is in use (process {running.pid}), and not what is needed now" in talk
    assert set_up(made, path)[1] == ""
    assert end(running).startswith(f"{made}/.venv/lib/python3.11/")

    few_packages(made, ["six"])
    assert set_up(made, path)[0][0] == f"{made}/.venv/bin/python"
    assert installed(made) == {"pip", "six"}
    assert not (made / ".venv-2").exists()


@pytest.mark.e2e
def test_a_set_up_does_not_take_what_is_about_to_go(tmp_path):
    """With the clone's own environment active, and the only uv in it, another conda.yaml makes it anew."""
    made = clone(tmp_path, few=["six"])
    set_up(made, with_uv(tmp_path / "bin"))
    shutil.copy(tmp_path / "bin" / "uv", made / ".venv" / "bin")
    few_packages(made, ["tqdm"])
    set_up(made, f"{made}/.venv/bin{os.pathsep}{bare_path()}", VIRTUAL_ENV=f"{made}/.venv")
    assert installed(made) == {"pip", "tqdm"}


@pytest.mark.e2e
@pytest.mark.parametrize("script", ["set -eu; . scripts/environment; {0}", ". scripts/environment && {0} && echo ok"])
def test_what_is_ready_for_a_run_stays_so_when_the_tests_packages_can_not_be_had(tmp_path, script):
    """The message says why; a run finds it ready, and the next try adds them; however the caller stops at errors."""
    made, path = clone(tmp_path, few=["six"]), with_uv(tmp_path / "bin")
    set_up(made, path)
    more = made / "tests" / "requirements.txt"
    more.write_text("notonpypi-none==1\n")
    ran = subprocess.run(
        ["bash", "-c", script.format("environment tests/requirements.txt")],
        cwd=made,
        env=environ(path),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 1
    assert "notonpypi-none" in ran.stderr
    assert (
        ran.stderr.splitlines()[-1]
        == ".venv could not be set up, for the reason above. Start again when that is mended."
    )
    assert set_up(made, path)[1] == ""
    more.write_text("tqdm\n")
    set_up(made, path, "tests/requirements.txt")
    assert installed(made) == {"pip", "six", "tqdm"}


@pytest.mark.e2e
def test_an_environment_that_a_link_leads_to_is_taken_and_left_alone(tmp_path):
    """It is another clone's: one that has all that is needed is taken, as it is. Else this clone gets one of its own.

    The link stays where something runs through it, as the tests of this clone may.
    """
    made, path = clone(tmp_path, few=["six", "numpy"]), with_uv(tmp_path / "bin")
    set_up(made, path)
    other = clone(tmp_path / "other", few=["six", "numpy"])
    (other / ".venv").symlink_to(made / ".venv")
    assert set_up(other, path) == ([f"{other}/.venv/bin/python", f" {other}/.venv"], "")
    (other / "tests" / "requirements.txt").write_text("tqdm\n")
    running = begin(other, f'exec "{other}/.venv/bin/python" -c "{LOADED}"', path)
    output, talk = set_up(other, path, "tests/requirements.txt")
    assert output[0] == f"{other}/.venv-2/bin/python"
    assert f".venv is in use (process {running.pid}), and not what is needed now" in talk
    assert end(running).startswith(f"{other}/.venv/lib/python3.11/")
    few_packages(other, ["six"])
    assert set_up(other, path)[0][0] == f"{other}/.venv/bin/python"
    assert not (other / ".venv").is_symlink()
    assert installed(made) == {"pip", "six", "numpy"}
    assert set_up(made, path)[1] == ""


@pytest.mark.e2e
def test_the_tests_that_run_keep_their_packages(tmp_path):
    """A run takes the environment of the tests as it is; other versions for the tests are another environment."""
    made, path = clone(tmp_path, few=["numpy"]), with_uv(tmp_path / "bin")
    more = made / "tests" / "requirements.txt"
    more.write_text("six==1.16.0\n")
    set_up(made, path, "tests/requirements.txt")
    running = begin(
        made, f'set -eu; . scripts/environment; environment {more.relative_to(made)}; exec python -c "{LOADED}"', path
    )
    assert set_up(made, path) == ([f"{made}/.venv/bin/python", f" {made}/.venv"], "")
    more.write_text("six==1.17.0\n")
    assert set_up(made, path, "tests/requirements.txt")[0][0] == f"{made}/.venv-2/bin/python"
    assert versions_in(made)["six"] == "1.16.0"
    assert end(running).startswith(f"{made}/.venv/lib/python3.11/")
