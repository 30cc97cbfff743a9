import errno
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from steps.errors import Interrupted, WrongValue
from steps.names import Variable
from steps.training.data import load, remote
from tests.e2e.tools import free_port


@pytest.fixture
def server(web):
    """A web server with one table: its address, and the paths that it was asked for."""
    web.files["/table.csv"] = b"a,b\n1,2\n"
    return web.url, web.asked


def test_a_study_fetches_a_file_once(server, tmp_path, monkeypatch):
    """With a folder of the study, the first one fetches into it and all others find the copy, each URI its own."""
    url, asked = server
    monkeypatch.setenv(Variable.FILES, str(tmp_path))
    for _ in range(3):
        with remote.copy_of(f"{url}/table.csv") as path:
            assert path.read_bytes() == b"a,b\n1,2\n"
            assert tmp_path in path.parents
    with remote.copy_of(f"{url}/table.csv?part=2"):
        pass
    assert asked == ["/table.csv", "/table.csv?part=2"]


def test_whoever_needs_a_file_while_it_is_fetched_waits_for_it(server, tmp_path, monkeypatch):
    """Of several at once one fetches, and all have the copy."""
    url, asked = server
    monkeypatch.setenv(Variable.FILES, str(tmp_path))
    start = Barrier(8)

    def content(_):
        start.wait()
        with remote.copy_of(f"{url}/table.csv") as path:
            return path.read_bytes()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(content, range(8))) == {b"a,b\n1,2\n"}
    assert asked == ["/table.csv"]


def test_a_fetch_that_was_killed_is_made_again(server, tmp_path, monkeypatch):
    """It says nothing of the file: the next process that needs it tries anew."""
    url, asked = server
    monkeypatch.setenv(Variable.FILES, str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(remote, "_fetch", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        with (
            pytest.raises(WrongValue, match="the process that fetched it was ended"),
            remote.copy_of(f"{url}/table.csv"),
        ):
            pass
    with remote.copy_of(f"{url}/table.csv") as path:
        assert path.read_bytes() == b"a,b\n1,2\n"
    assert asked == ["/table.csv"]


def test_an_interrupt_is_no_fault_of_the_file(server, monkeypatch):
    """Ctrl-C during a fetch ends the step as an interrupt does."""
    url, _ = server
    monkeypatch.delenv(Variable.FILES, raising=False)

    def interrupted(*_):
        raise Interrupted(signal.SIGINT)

    monkeypatch.setattr(remote, "_from_web", interrupted)
    with pytest.raises(Interrupted), remote.copy_of(f"{url}/table.csv"):
        pass


def test_without_a_study_a_file_is_fetched_and_forgotten(server, monkeypatch):
    """A process that works for no study on this machine fetches for itself, and leaves nothing."""
    url, asked = server
    monkeypatch.delenv(Variable.FILES, raising=False)
    for folder in (None, "/no/such/folder"):
        if folder:
            monkeypatch.setenv(Variable.FILES, folder)
        with remote.copy_of(f"{url}/table.csv") as path:
            assert path.read_bytes() == b"a,b\n1,2\n"
        assert not path.exists()
    assert len(asked) == 2


def test_a_table_from_the_web_keeps_its_uri_and_name(server):
    """The source is the URI; the name is that of the file in it."""
    url, _ = server
    table = load.load(f"{url}/table.csv?part=2")
    assert (table.name, table.source) == ("table.csv", f"{url}/table.csv?part=2")


def test_what_is_not_there_is_told_once_and_asked_for_once(server, tmp_path, monkeypatch):
    """A failure is one line with the URI and the reason, and nobody waits for it again."""
    url, asked = server
    monkeypatch.setenv(Variable.FILES, str(tmp_path))
    for _ in range(2):
        with pytest.raises(WrongValue) as caught, remote.copy_of(f"{url}/x.csv"):
            pass
        (problem,) = caught.value.problems
        assert problem.startswith(f"--data '{url}/x.csv': can't be fetched: 404")
        assert "\n" not in problem
    assert asked == ["/x.csv"]


@pytest.mark.parametrize(
    ("uri", "remedy"),
    [
        ("s3://bucket/table.csv", "s3:// needs the package boto3; add it to the pip list of conda.yaml"),
        ("gs://bucket/table.csv", "gs:// needs the package google-cloud-storage"),
        ("wasbs://c@account.blob.core.windows.net/table.csv", "wasbs:// needs the package azure-storage-blob"),
        ("foo://bar/table.csv", "can't be fetched: Could not find a registered artifact repository"),
    ],
)
def test_a_store_that_can_t_be_read_from_says_what_it_needs(uri, remedy):
    """One line names the package that is missing, or the schemes that there are."""
    with pytest.raises(WrongValue) as caught, remote.copy_of(uri):
        pass
    (problem,) = caught.value.problems
    assert problem.startswith(f"--data {uri!r}: ")
    assert remedy in problem


def test_a_server_that_is_not_there_is_one_short_line(monkeypatch):
    """What urllib3 wraps around the reason is left out."""
    monkeypatch.setattr(remote, "_RETRIES", 0)
    uri = f"http://127.0.0.1:{free_port()}/table.csv"
    with pytest.raises(WrongValue) as caught, remote.copy_of(uri):
        pass
    assert str(caught.value) == f"--data {uri!r}: can't be fetched: [Errno {errno.ECONNREFUSED}] Connection refused"


def test_an_artifact_of_a_run_is_a_table_too(client, tmp_path):
    """`runs:/<id>/…` is read from the tracking store."""
    run = client.create_run(client.create_experiment("files", artifact_location=str(tmp_path / "artifacts")))
    client.log_text(run.info.run_id, "a,b\n1,2\n", "tables/x.csv")
    assert load.load(f"runs:/{run.info.run_id}/tables/x.csv").frame.to_dict("list") == {"a": [1], "b": [2]}
