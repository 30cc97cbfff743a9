"""The command that a study of a Git URL ends with, pasted into a new shell: the same study, with more trials.

The clone in which it ran is gone by then, and no environment is active.
"""

import shutil

import pytest

from tests.e2e.tools import Place
from tests.host import ROOT

pytestmark = pytest.mark.e2e

EXPERIMENT = 'It\'s a test, of "names"'
SPACE = "n_estimators=5..9 max_features=[sqrt,0.5]"
OURS = {"space": SPACE, "folds": 2, "data": "wine"}
THEIRS = {
    "project": "my wine", "space": "alpha=log(1e-4,1) l1_ratio=0.0..1.0", "objective": "rmse",
    "direction": "minimize",
}  # fmt: skip


def goes_on(place: Place, *options: str, **parameters: object) -> None:
    """Run a study of two trials, then the command that it prints, from the same folder: it has four."""
    done = place.mlflow_run("tune", "--experiment-name", EXPERIMENT, *options, n_trials=2, **parameters)  # type: ignore[arg-type]
    command = done.printed("Go on")
    assert place.paste(command).wait(600) == 0, (place.folder / "output.txt").read_text()
    experiment = place.client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    runs = place.client.search_runs([experiment.experiment_id], "tags.`tuning.role` = 'trial'")
    assert sorted(run.data.tags["tuning.trial"] for run in runs) == ["0", "1", "2", "3"]
    assert len({run.data.tags["tuning.study"] for run in runs}) == 1


def test_of_this_project(place: Place, git_url: str) -> None:
    """With a space from the command line, in an experiment whose name has quotes and blanks."""
    place.project = git_url
    goes_on(place, **OURS)


@pytest.mark.slow
def test_of_another_project(place: Place, git_url: str) -> None:
    """A relative path begins where the command was typed."""
    place.project = git_url
    shutil.copytree(ROOT / "examples" / "wine", place.folder / "my wine")
    goes_on(place, "-P", "env_manager=local", **THEIRS)
