"""Where a study's children keep checkpoints."""

import pytest

from steps.backends.ray import cluster
from steps.errors import WrongValue
from steps.parameters.tune_settings import TuneSettings
from steps.tuning.checks import checkpoint_folder


@pytest.fixture(autouse=True)
def state(monkeypatch, tmp_path):
    """The user's folder is another one here."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def nodes(monkeypatch, number: int) -> None:
    monkeypatch.setattr(cluster, "addresses", lambda: {f"10.0.0.{node}" for node in range(number)})


def test_it_is_the_users_unless_one_is_named(state, tmp_path):
    """It is made only where an entry point asks for it, and not by a dry run."""
    folder = checkpoint_folder.find(TuneSettings(), declared=False)
    assert folder is not None
    assert folder.is_relative_to(state)
    assert checkpoint_folder.find(TuneSettings(dry_run=True), declared=True) == folder
    assert not state.exists()
    assert checkpoint_folder.find(TuneSettings(), declared=True) == folder
    assert folder.is_dir()
    named = tmp_path / "it's shared"
    assert checkpoint_folder.find(TuneSettings(checkpoint_dir=str(named)), declared=False) == named
    assert named.is_dir()


@pytest.mark.parametrize(("backend", "count", "sees"), [("ray", 1, True), ("ray", 2, False), ("databricks", 0, False)])
def test_several_machines_need_a_folder_that_they_share(backend, count, sees, monkeypatch, tmp_path):
    """Without one, an entry point that asks for a folder is refused, and others get none."""
    nodes(monkeypatch, count)
    settings = TuneSettings(backend=backend)
    assert (checkpoint_folder.find(settings, declared=False) is not None) == sees
    if sees:
        assert checkpoint_folder.find(settings, declared=True)
    else:
        with pytest.raises(WrongValue, match=r"--checkpoint_dir 'none': .* name a folder that all of them share"):
            checkpoint_folder.find(settings, declared=True)
    shared = TuneSettings(backend=backend, checkpoint_dir=str(tmp_path / "shared"))
    assert checkpoint_folder.find(shared, declared=True) == tmp_path / "shared"


def test_a_file_is_no_folder(tmp_path):
    """It is refused before anything starts."""
    (tmp_path / "file").touch()
    with pytest.raises(WrongValue, match=r"--checkpoint_dir '.*file': must be a folder that can be written"):
        checkpoint_folder.find(TuneSettings(checkpoint_dir=str(tmp_path / "file")), declared=False)
