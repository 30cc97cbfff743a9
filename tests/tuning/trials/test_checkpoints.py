"""The folders in which trials keep checkpoints."""

import runpy

import pytest

from steps.errors import StepError
from steps.names import Role
from steps.tuning.trials import checkpoints
from steps.tuning.trials.checkpoints import NO_CHECKPOINTS, Checkpoints, Given
from steps.tuning.trials.trial import Job
from tests.host import ROOT


def test_the_users_folder(monkeypatch):
    """Where programs keep what should outlive a restart; a relative XDG_STATE_HOME counts as none."""
    monkeypatch.setenv("HOME", "/home/me")
    for state in ("", "relative"):
        monkeypatch.setenv("XDG_STATE_HOME", state)
        assert str(checkpoints.default_folder()) == "/home/me/.local/state/mlflow-optuna-tuning/checkpoints"
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert str(checkpoints.default_folder()) == "/state/mlflow-optuna-tuning/checkpoints"


def test_one_folder_for_each_child_that_is_not_the_same(tmp_path):
    """A trial's attempts share one; what is run once more, and each baseline, has its own."""
    made = Checkpoints(tmp_path / "study", declared=True)
    jobs = [
        Job(7), Job(70), Job(7, role=Role.CHAMPION), Job(7, role=Role.CONFIRMATION), Job(None), Job(None, "a.A"),
        Job(None, "b.B"), Job(None, role=Role.CHAMPION),
    ]  # fmt: skip
    folders = [made.begin(job).parameters["checkpoint"] for job in jobs]
    assert len(set(folders)) == len(jobs)
    assert made.begin(Job(7, "a.A", {"x": 1})).parameters["checkpoint"] == folders[0]
    assert sorted(str(path) for path in (tmp_path / "study").iterdir()) == sorted(folders)


def test_it_is_there_before_the_child_and_goes_after_it(tmp_path):
    """What is in it stays until the child has ended for good."""
    made = Checkpoints(tmp_path / "study", declared=True)
    given = made.begin(Job(7))
    folder = tmp_path / "study" / "trial-7"
    assert given == Given(*[{name: str(folder)} for name in ("checkpoint", "TUNING_CHECKPOINT", "tuning.checkpoint")])
    (folder / "epoch").write_text("7")
    assert made.begin(Job(7)) == given
    assert (folder / "epoch").read_text() == "7"
    made.end(Job(7))
    assert not folder.exists()
    Checkpoints(tmp_path / "study", declared=True, kept=True).begin(Job(8))
    Checkpoints(tmp_path / "study", declared=True, kept=True).end(Job(8))
    assert (tmp_path / "study" / "trial-8").exists()


def test_without_a_parameter_there_is_a_variable(tmp_path):
    """And no folder: whoever reads it makes it. `train` has neither."""
    assert Checkpoints(tmp_path).begin(Job(7)) == Given({}, {"TUNING_CHECKPOINT": str(tmp_path / "trial-7")}, {})
    assert list(tmp_path.iterdir()) == []
    Checkpoints(tmp_path).end(Job(7))
    assert NO_CHECKPOINTS.begin(Job(7)) == Given()
    NO_CHECKPOINTS.end(Job(7))
    assert NO_CHECKPOINTS.close(goes_on=False) == ""


ENDS = [  # whether there are some left, whether they are kept, whether the study goes on; what stays, what is said
    (True, False, True, True, "stay in"),
    (True, False, False, False, ""),
    (True, True, False, True, ""),
    (False, True, False, False, ""),
    (False, False, True, False, ""),
]


@pytest.mark.parametrize(("left", "kept", "goes_on", "stays", "said"), ENDS)
def test_what_a_study_leaves(left, kept, goes_on, stays, said, tmp_path):
    """Nothing, unless it goes on or its checkpoints are to be kept."""
    made = Checkpoints(tmp_path / "study", declared=True, kept=kept)
    made.begin(Job(7))
    if not left:
        (tmp_path / "study" / "trial-7").rmdir()
    assert said in made.close(goes_on=goes_on)
    assert (tmp_path / "study").exists() == stays


def test_a_folder_that_cant_be_made_ends_the_study_with_one_sentence(tmp_path):
    """It names the setting that helps."""
    (tmp_path / "file").touch()
    with pytest.raises(StepError, match=r"can't be made: .*file.*; --checkpoint_dir names another place"):
        Checkpoints(tmp_path / "file", declared=True).begin(Job(7))


def test_the_example_has_a_loss_though_its_last_epoch_was_saved_before(client, tmp_path, monkeypatch):
    """It was killed between its last checkpoint and the end of its run, and is run again."""
    monkeypatch.setenv("TUNING_CHECKPOINT", str(tmp_path / "trial-7"))
    monkeypatch.setattr("sys.argv", ["steady.py", "--epochs", "3"])
    for _ in range(2):
        runpy.run_path(str(ROOT / "examples" / "steady.py"))
    again, first = client.search_runs(["0"])  # the newest first
    assert first.data.metrics == again.data.metrics
    assert [len(client.get_metric_history(run.info.run_id, "loss")) for run in (first, again)] == [3, 1]
