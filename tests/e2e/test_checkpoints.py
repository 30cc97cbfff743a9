"""A training that keeps checkpoints: killed itself, and with its tuner, it goes on where it was."""

import json
import shlex
import signal
from pathlib import Path

import pytest
from mlflow.entities import Run

from tests.e2e.tools import Place, copy_project, until
from tests.host import ROOT

pytestmark = pytest.mark.e2e

STANZA = """
  steady:
    parameters:
      lr: {type: float, default: 0.1}
      refit: {type: string, default: "false"}
      checkpoint: {type: string}
    command: "python tests/samples/checkpointed.py --lr {lr} --refit {refit} --checkpoint {checkpoint}"
"""


def by_trial(runs: list[Run]) -> dict[str, list[float]]:
    """The epochs at which the attempts at each trial began, in their order."""
    attempts: dict[str, list[float]] = {}
    for run in sorted(runs, key=lambda run: run.info.start_time):
        attempts.setdefault(run.data.tags["mlflow.runName"], []).append(run.data.metrics["began"])
    return attempts


def loss_of(lr: float) -> float:
    """What twelve undisturbed epochs give."""
    weight = 0.0
    for _ in range(12):
        weight -= lr * 2 * (weight - 3)
    return (weight - 3) ** 2


def test_killed_at_epoch_7_it_ends_as_if_undisturbed(place: Place) -> None:
    """Trial 0 is killed by itself, trial 1 with its tuner: both begin at epoch 7 again and score as without that.

    The best epoch is 5, before the kill, and it counts; each run has the whole curve, as a pruner has seen it.

    The folder of a trial that was cut off waits for it; nothing is left of a study that has ended. The champion, and a
    reproduction, begin with an empty one. The command on record names no folder of this machine.
    """
    place.project = copy_project(place.folder / "it's mine")
    (place.project / "MLproject").write_text((ROOT / "MLproject").read_text() + STANZA)
    place.extra = {"DISTURBED": str(place.folder)}
    how = {
        "entry_point": "steady", "space": "lr=log(1e-3,1e-1)", "objective": "gap:best", "direction": "minimize",
        "pruner": "median",
        "n_trials": 3, "jobs": 1, "window": 1, "study": "mine", "champion": "true", "baseline": "false",
    }  # fmt: skip
    first = place.start(place.step_command("steps.tune", **how), cwd=place.project)
    until((place.folder / "waits").exists, 300, "trial 1 at epoch 7")
    first.send_signal(signal.SIGKILL)
    first.wait()
    place.all_gone()
    (study,) = (place.folder / "state" / "mlflow-optuna-tuning" / "checkpoints").iterdir()
    assert [path.name for path in study.iterdir()] == ["trial-1"]
    done = place.step("steps.tune", study="mine", check=True, champion="true", baseline="false")
    children = place.named("mine").children
    assert by_trial(children) == {"trial 000": [0, 7], "trial 001": [0, 7], "trial 002": [0], "champion": [0]}
    trials = place.named("mine").trials
    assert [run.data.metrics["loss"] for run in trials] == [loss_of(float(run.data.params["lr"])) for run in trials]
    for run in trials:
        lr, gaps = float(run.data.params["lr"]), place.client.get_metric_history(run.info.run_id, "gap")
        assert (run.data.metrics["gap:best"], run.data.tags["tuning.best_step"]) == (lr, "5")
        assert sorted((each.step, each.value) for each in gaps) == [(n, lr + (n - 5) ** 2) for n in range(1, 13)]
        seen = [[n, lr + (min(n, 5) - 5) ** 2] for n in range(1, 13)]
        assert json.loads(run.data.tags["tuning.reported"]) == seen
    assert not study.exists(), done.stderr
    assert Path(trials[0].data.tags["tuning.checkpoint"]) == study / "trial-0"
    command = trials[0].data.tags["tuning.reproduce"]
    assert command.partition("  #")[0].endswith('-P checkpoint="$(mktemp -d)"')
    assert str(place.folder / "state") not in shlex.split(command)
    again = place.step("steps.reproduce", run_id=trials[0].info.run_id)
    assert "verdict: identical" in again.stdout, again.stderr
    (repeated,) = place.client.search_runs(["0"], "tags.`tuning.role` = 'reproduction'")
    assert repeated.data.metrics["began"] == 0
    assert not Path(repeated.data.params["checkpoint"]).exists()


@pytest.mark.slow
def test_a_script_that_is_declared_nowhere_reads_the_variable(place: Place) -> None:
    """It makes the folder itself, and goes on with it after it was killed; with `keep_checkpoints` it stays."""
    place.extra = {"DISTURBED": str(place.folder)}
    (place.folder / "waits").touch()
    place.step(
        "steps.tune", check=True, entry_point="tests/samples/checkpointed.py", space="lr=0.01..0.1", n_trials=2,
        jobs=1, objective="loss", direction="minimize", baseline="false", keep_checkpoints="true",
        checkpoint_dir=place.folder / "shared",
    )  # fmt: skip
    assert by_trial(place.study().children) == {"trial 000": [0, 7], "trial 001": [0]}
    (study,) = (place.folder / "shared").iterdir()
    assert study.name == place.study().parent.info.run_id
    assert sorted(path.name for path in study.iterdir()) == ["trial-0", "trial-1"]
