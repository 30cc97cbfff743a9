import subprocess

import pytest

from tests.scripts.clones import (
    NAMELESS,
    SET_UP,
    bare_path,
    can_be_nameless,
    clone,
    conda_yaml,
    environ,
    installed,
    programs,
    run_script,
    set_up,
    versions_in,
    with_uv,
)
from tests.scripts.index import Handler, served, wheel


@pytest.fixture
def index(tmp_path):
    """A folder, and the URL under which it is served."""
    with served(tmp_path / "served") as url:
        yield tmp_path / "served", url


@pytest.mark.parametrize("name", ["run", "test", "check", "lock"])
def test_without_anything_that_sets_up_the_message_says_what_would(tmp_path, name):
    """In one line; nothing is left."""
    made = clone(tmp_path)
    ran = run_script(made, name, *(["train"] if name == "run" else []), path=programs(tmp_path / "bin"))
    assert ran.returncode == 1
    (line,) = ran.stderr.splitlines()
    assert line.startswith("Setting up takes one of these on PATH: Python 3.9 or later, uv, conda. Debian, Ubuntu: apt")
    assert not (made / ".venv").exists()


def test_a_python_that_is_too_old_and_a_uv_that_does_not_answer_are_passed_over(tmp_path):
    """As version managers have them, of versions that are not chosen."""
    made, folder = clone(tmp_path), tmp_path / "bin"
    path = programs(folder)
    for name, line in (("uv", "exit 127"), ("conda", "exit 127"), ("python3", "exit 1")):
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    assert "Setting up takes one of these" in run_script(made, "run", "train", path=path).stderr


def test_where_no_python_3_11_can_be_had_the_message_says_so(tmp_path):
    """In one line after what was to be done, with uv's reason; nothing is left."""
    made, path = clone(tmp_path), programs(tmp_path / "bin", "uv")
    ran = run_script(made, "run", "train", path=path, UV_PYTHON_DOWNLOADS="never", UV_PYTHON_INSTALL_DIR=str(tmp_path))
    assert ran.returncode == 1
    first, line = ran.stderr.splitlines()
    assert first.startswith("Setting up .venv from conda.yaml with uv: about ")
    assert line.startswith(
        "There is no Python 3.11 here, and uv could not fetch one (No interpreter found for Python 3.11"
    )
    assert "macOS: brew install python@3.11" in line
    assert not (made / ".venv").exists()


@pytest.mark.e2e
def test_where_no_python_3_11_is_there_uv_fetches_one(tmp_path):
    """From where uv's own setting says."""
    made, path, asked = clone(tmp_path), programs(tmp_path / "bin", "uv"), []
    with served(tmp_path / "mirror", lambda request: asked.append(request.path)) as url:
        own = {"UV_PYTHON_INSTALL_MIRROR": url, "UV_PYTHON_INSTALL_DIR": str(tmp_path)}
        ran = run_script(made, "run", "train", path=path, **own)
    assert "uv could not fetch one" in ran.stderr
    assert any("/cpython-3.11." in path for path in asked)


class Cut(Handler):
    """A server that closes the connection in the midst of each wheel."""

    def copyfile(self, source, outputfile):
        outputfile.write(source.read(64 if self.path.endswith(".whl") else -1))


@pytest.mark.e2e
def test_a_download_that_is_cut_off_is_an_error(tmp_path):
    """Nothing half-made is left, and the next start completes it."""
    made, folder, path = clone(tmp_path), tmp_path / "served", with_uv(tmp_path / "bin")
    (made / "conda.yaml").write_text(conda_yaml("    - notonpypi-cut"))
    wheel(folder / "notonpypi-cut", "notonpypi_cut", "1")
    own = {"UV_CACHE_DIR": str(tmp_path / "cache"), "UV_HTTP_RETRIES": "0"}
    with served(folder, handler=Cut) as url:
        ran = run_script(made, "run", "train", path=path, PIP_EXTRA_INDEX_URL=url, **own)
    assert ran.returncode == 1
    assert "notonpypi-cut" in ran.stderr
    assert ran.stderr.splitlines()[-1].startswith(".venv could not be set up, for the reason above.")
    assert not (made / ".venv").exists()
    with served(folder) as url:
        set_up(made, path, PIP_EXTRA_INDEX_URL=url, **own)
    assert "notonpypi_cut" in installed(made)


@pytest.mark.e2e
def test_the_uv_that_was_fetched_is_there_for_other_projects_too(tmp_path):
    """Where the machine has none: behind all else on PATH. One that the machine has stays the one that is taken."""
    made, path = clone(tmp_path, few=["six"]), bare_path()
    set_up(made, path)
    (uv,) = (made / ".uv").glob("[0-9]*/bin/uv")
    commands = ["bash", "-c", f"{SET_UP}\ncommand -v uv"]
    for where, found in ((path, str(uv)), (with_uv(tmp_path / "bin"), str(tmp_path / "bin" / "uv"))):
        ran = subprocess.run(commands, cwd=made, env=environ(where), capture_output=True, text=True, timeout=900)
        assert ran.stdout.splitlines()[-1] == found, ran.stderr


@pytest.mark.e2e
@pytest.mark.skipif(not can_be_nameless(), reason="takes a user namespace")
@pytest.mark.parametrize("home", [None, "/dev/null"])
def test_a_user_without_a_name_and_a_home_can_set_up(tmp_path, home):
    """No entry in passwd, and no HOME or none to be written to: what uv caches lies in the clone until it has ended."""
    made, given = clone(tmp_path, few=["six"]), environ(bare_path())
    for name in ("HOME", "USER", "LOGNAME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        given.pop(name, None)
    ran = subprocess.run(
        [*NAMELESS, "bash", "-c", SET_UP],
        cwd=made,
        env={**given, **({"HOME": home} if home else {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert ran.returncode == 0, ran.stderr
    assert installed(made) == {"pip", "six"}
    (uv,) = (made / ".uv").iterdir()
    assert uv.name[0].isdigit()


@pytest.mark.e2e
@pytest.mark.parametrize("pre", [False, True])
def test_uv_installs_every_line_of_the_list(tmp_path, index, pre):
    """As pip does: ranges, extras, markers, URLs, paths, what is edited, other indexes and folders, constraints."""
    folder, url = index
    made, own = clone(tmp_path), "notonpypi_"
    for version, where in (("1.0", "first"), ("1.5", "second"), ("1.6rc1", "second"), ("2.0", "second")):
        wheel(folder / where / f"{own}ranged".replace("_", "-"), f"{own}ranged", version)
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
