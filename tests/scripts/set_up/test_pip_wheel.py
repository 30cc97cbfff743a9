import base64
import hashlib
import os
import re
import socket
import subprocess
import sys
import threading

import pytest

from tests.scripts.clones import ROOT
from tests.scripts.index import served

SCRIPT = ROOT / "scripts" / "set_up" / "pip_wheel.py"
(NAME,) = re.findall('^NAME = "(.*)"', SCRIPT.read_text(), re.MULTILINE)


def fetch(folder, script=SCRIPT, **given):
    """Run the script, which writes pip.whl."""
    return subprocess.run(
        [sys.executable, "-I", script, folder / "pip.whl"],
        env={"HOME": str(folder), "NO_PROXY": "127.0.0.1", **given},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture
def simple(tmp_path):
    """An index that has a file of the name, the script as it takes that file, and the requests for it."""
    page = tmp_path / "served" / "simple" / "pip"
    page.mkdir(parents=True)
    (page / "index.html").write_text(f'<a href="../../files/{NAME}#sha256=0">x</a><a href="pip-1.tar.gz">y</a>')
    (tmp_path / "served" / "files").mkdir()
    (tmp_path / "served" / "files" / NAME).write_bytes(b"a wheel")
    digest = hashlib.sha256(b"a wheel").hexdigest()
    script = tmp_path / "pip_wheel.py"
    script.write_text(re.sub('^SHA256 = ".*"', f'SHA256 = "{digest}"', SCRIPT.read_text(), flags=re.MULTILINE))
    requests = []
    with served(tmp_path / "served", lambda request: requests.append(request.headers)) as url:
        yield url, script, requests


def test_it_is_found_by_the_page_of_the_index(tmp_path, simple):
    """The first of several indexes that has it is taken, with the password that stands in its URL."""
    url, script, requests = simple
    several = f"{url}/none {url.replace('//', '//me:p%40ss@')}/simple"
    done = fetch(tmp_path, script, PIP_INDEX_URL="http://127.0.0.1:1/simple", PIP_EXTRA_INDEX_URL=several)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "pip.whl").read_bytes() == b"a wheel"
    assert [headers["Authorization"] for headers in requests[-2:]] == [
        "Basic " + base64.b64encode(b"me:p@ss").decode()
    ] * 2


@pytest.mark.parametrize("name", [".netrc", "others"])
def test_a_password_may_stand_in_a_netrc_file(tmp_path, simple, name):
    """The one in the home folder or, as for pip, that which NETRC names."""
    url, script, requests = simple
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login wrong password wrong\n")
    (tmp_path / name).write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    given = {} if name == ".netrc" else {"NETRC": f"~/{name}"}
    done = fetch(tmp_path, script, PIP_INDEX_URL=f"{url}/simple", **given)
    assert (done.returncode, done.stderr) == (0, "")
    assert {headers["Authorization"] for headers in requests} == {"Basic " + base64.b64encode(b"me:secret").decode()}


def test_a_folder_of_wheels_will_do(tmp_path, simple):
    """Where pip is told to look in one, and at no index."""
    _, script, requests = simple
    done = fetch(tmp_path, script, PIP_NO_INDEX="1", PIP_FIND_LINKS=f"{tmp_path} {tmp_path}/served/files")
    assert (done.returncode, requests) == (0, [])


def test_another_file_than_the_one_released_is_refused(tmp_path, simple):
    """In one line, which names each place that was tried, without its password."""
    url, _, _ = simple
    index = url.replace("//", "//me:secret@") + "/simple"
    done = fetch(tmp_path, PIP_INDEX_URL=index, PIP_EXTRA_INDEX_URL=f"{url}/other")
    assert done.returncode == 1
    assert f"{NAME} is another file than the one released; " in done.stderr
    assert f"{url}/other/pip/: HTTP Error 404" in done.stderr
    assert "secret" not in done.stderr
    assert not (tmp_path / "pip.whl").exists()


@pytest.mark.e2e
def test_the_one_released_runs_without_being_installed(tmp_path):
    """From the index that this machine uses; it is the file whose digest stands here."""
    given = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "HTTPS_"))}
    done = fetch(tmp_path, **given)
    assert done.returncode == 0, done.stderr
    ran = subprocess.run(
        [sys.executable, "-S", "-m", "pip", "--version"],
        env={"PYTHONPATH": str(tmp_path / "pip.whl")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith("pip 25.3 ")


def test_an_index_that_answers_nonsense_is_told_in_one_line(tmp_path):
    """As one that does not answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            connection, _ = server.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(b"nonsense\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/simple"
        done = fetch(tmp_path, PIP_INDEX_URL=url)
    assert (done.returncode, done.stderr) == (1, f"{url}/pip/: nonsense\n\n")
