import tempfile
from pathlib import Path

import pytest

from steps.errors import WrongValue
from steps.tuning.checks import artifacts
from tests import needs

RUN = "1f0" * 10 + "aa"


def of_a_run(root):
    return f"{root}/{RUN}/artifacts"


def refused(uri):
    """The one problem for which a place is refused."""
    with pytest.raises(WrongValue) as caught:
        artifacts.check(uri)
    (problem,) = caught.value.problems
    assert "\n" not in problem
    assert "--experiment-name" in problem
    return problem


@pytest.mark.parametrize("form", [str, Path.as_uri])
@pytest.mark.parametrize("name", ["mlruns/1", "it's new/not made yet"])
def test_a_folder_that_can_be_written_is_left_as_it_was(form, name, tmp_path):
    """A path and a file URI, there or not: nothing is made, nothing stays."""
    (tmp_path / "mlruns" / "1").mkdir(parents=True)
    artifacts.check(of_a_run(form(tmp_path / name)))
    assert [path.name for path in tmp_path.rglob("*")] == ["mlruns", "1"]


@pytest.mark.parametrize("form", [str, Path.as_uri])
def test_a_folder_below_a_file_is_refused(form, tmp_path):
    """Where no folder can be made, the place that is in the way is named."""
    there = tmp_path / "it's a file"
    there.touch()
    problem = refused(of_a_run(form(there / "mlruns")))
    assert f"can't be written: {there}: " in problem


@needs.PROC
def test_a_folder_that_nobody_may_write_is_refused():
    """Not even root makes a file in /proc."""
    assert "can't be written: /proc: " in refused(of_a_run("/proc/mlruns"))


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The system's temporary folder, as this process has it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("has_git", [True, False], ids=["there", "gone"])
def test_a_temporary_clone_is_refused(temporary, has_git):
    """A folder that `mlflow run` has cloned a Git URL into, and one that is gone by now."""
    clone = Path(tempfile.mkdtemp())
    (clone / ".git").mkdir()
    if not has_git:
        (clone / ".git").rmdir()
        clone.rmdir()
    problem = refused(of_a_run((clone / "mlruns" / "1").as_uri()))
    assert f"lies in {clone}, a temporary clone" in problem
    assert not (clone / "mlruns").exists()


@pytest.mark.parametrize("name", ["mine", "tmp_mine", "tmpabcdefgh"])
def test_another_temporary_folder_is_taken(temporary, name):
    """What a person has made there is their choice."""
    (temporary / name).mkdir()
    artifacts.check(of_a_run(temporary / name / "mlruns"))
    artifacts.check(of_a_run(temporary))


@pytest.mark.parametrize("uri", ["mlflow-artifacts:/1", "http://host/api", "dbfs:/databricks/1", "hdfs://host/1"])
def test_what_a_server_writes_is_its_affair(uri):
    """Behind a server, or a network, nothing is tried."""
    artifacts.check(of_a_run(uri))


@pytest.mark.parametrize(
    ("uri", "package"),
    [
        ("s3://bucket/1", "boto3"),
        ("gs://bucket/1", "google-cloud-storage"),
        ("wasbs://container@account.blob.core.windows.net/1", "azure-storage-blob"),
    ],
)
def test_a_store_whose_package_is_missing_is_refused(uri, package):
    """What MLflow needs beside itself is named."""
    problem = refused(of_a_run(uri))
    assert problem.startswith(f"artifact root {uri!r}: needs the package {package}")


def test_a_folder_that_is_gone_with_earlier_artifacts_is_refused(client, tmp_path):
    """A project's folder that was moved: MLflow would make the old one anew, where nobody looks.

    A new experiment has none yet, and one whose folder is there, or behind a link, is taken.
    """
    root = tmp_path / "old place" / "mlruns"
    experiment = client.create_experiment("moved", root.as_uri())
    parent = client.create_run(experiment)
    artifacts.check_earlier(parent)
    earlier = client.create_run(experiment, tags={"tuning.identity": "{}"})
    client.log_text(earlier.info.run_id, "text", "file.txt")
    artifacts.check_earlier(parent)
    root.parent.rename(tmp_path / "new place")
    with pytest.raises(WrongValue) as caught:
        artifacts.check_earlier(parent)
    assert "is gone, and with it the artifacts of the experiment's earlier studies; move it back" in str(caught.value)
    assert f"(mkdir -p '{root}')" in str(caught.value)
    assert not root.parent.exists()
    root.parent.symlink_to(tmp_path / "new place")
    artifacts.check_earlier(parent)
