"""Remote files that parameters of type `path` name."""

import shutil
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from steps.errors import WrongValue
from steps.project import downloads


def test_a_file_is_downloaded_once(client: MlflowClient, tmp_path: Path) -> None:
    """All runs get the same copy."""
    run_id = client.create_run("0").info.run_id
    client.log_text(run_id, "a,b", "it's mine/table.csv")
    copies = [downloads.local_copy(f"runs:/{run_id}/it's mine/table.csv", tmp_path) for _ in range(2)]
    assert copies[0] == copies[1]
    assert Path(copies[0]).is_relative_to(tmp_path)
    assert Path(copies[0]).read_text() == "a,b"


def test_a_copy_that_a_cleaner_has_removed_is_downloaded_again(client: MlflowClient, tmp_path: Path) -> None:
    """Systems clean their temporary folders after some days, and a study may take longer."""
    run_id = client.create_run("0").info.run_id
    client.log_text(run_id, "a,b", "table.csv")
    folder = tmp_path / "files"
    folder.mkdir()
    downloads.local_copy(f"runs:/{run_id}/table.csv", folder)
    shutil.rmtree(folder)
    assert Path(downloads.local_copy(f"runs:/{run_id}/table.csv", folder)).read_text() == "a,b"


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("runs:/0123/x.csv", "Run with id=0123 not found"),
        ("https://me:secret@host/x.csv", "MLflow gets files from stores and its own server, not from the web"),
        ("s3://bucket/x.csv", "s3:// needs the package boto3"),
        ("file:///no/such.csv", "No such"),
        ("nowhere://x/y", ""),
    ],
)
@pytest.mark.usefixtures("client")
def test_what_can_t_be_had_is_one_line(uri: str, said: str, tmp_path: Path) -> None:
    """It names the URI, without a secret, and says why."""
    with pytest.raises(WrongValue) as caught:
        downloads.local_copy(uri, tmp_path)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{uri.replace('me:secret@', '')} can't be downloaded: ")
    assert said in problem
    assert "\n" not in problem
