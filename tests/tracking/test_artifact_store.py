"""Reading small artifacts of runs."""

import pytest

from steps.errors import WrongValue
from steps.reproduction import facts
from steps.tracking import artifact_store, whole
from tests.tracking import bucket


def test_what_was_written_is_read(client, tmp_path):
    """The text of an artifact, and the bytes of those beside it."""
    experiment = client.create_experiment("texts", artifact_location=str(tmp_path / "a folder"))
    run_id = client.create_run(experiment).info.run_id
    client.log_text(run_id, "ü", "a.txt")
    assert artifact_store.sizes(run_id) == {"a.txt": 2}
    assert artifact_store.text(run_id, "a.txt") == "ü"
    with pytest.raises(OSError, match=r"b\.txt"):
        artifact_store.text(run_id, "b.txt")


def test_every_store_fails_alike(client, monkeypatch):
    """Whatever its client raises; and so a value that can't be read is refused, and an environment is unknown."""
    run = bucket.run_in(client, monkeypatch)
    with pytest.raises(OSError, match="AccessDenied"):
        artifact_store.sizes(run.info.run_id)
    with pytest.raises(OSError, match=r"a\.txt"):  # MLflow has made it an error of its own, without the reason
        artifact_store.text(run.info.run_id, "a.txt")
    with pytest.raises(WrongValue, match=r"a\.txt"):
        whole._read(run, "a.txt")
    assert facts._environment(run) == {}
