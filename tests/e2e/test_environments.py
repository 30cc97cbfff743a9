"""The other ways to get the environment: MLflow's conda and uv, each with the kills that they allow."""

import os
import shutil
import signal
from collections.abc import Callable

import pytest

from steps.process import proc
from tests.e2e.test_ends import LONG, started, tuner_of
from tests.e2e.tools import Place, until
from tests.standin import standin_conda

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module", params=["conda", pytest.param("uv", marks=pytest.mark.slow)])
def manager(request: pytest.FixtureRequest) -> str:
    """The environment manager."""
    return str(request.param)


@pytest.fixture(scope="module")
def variables(manager: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What makes MLflow's environment manager work in a folder of the tests' own, shared by them."""
    folder = tmp_path_factory.mktemp(manager)
    return standin_conda(folder, found_by="CONDA_EXE") if manager == "conda" else {"MLFLOW_ENV_ROOT": str(folder)}


@pytest.fixture
def prepared(variables: dict[str, str], new_place: Callable[..., Place]) -> Place:
    """A place whose environment manager works."""
    assert shutil.which("uv"), "the stand-in conda and MLflow's uv need uv"
    return new_place(extra=variables)


def test_tune_runs_in_the_environment_that_conda_yaml_pins_and_dies_with_mlflow_run(
    prepared: Place, manager: str
) -> None:
    """`--env-manager conda` and `--env-manager uv` build what conda.yaml pins; the study runs there, pinned.

    SIGKILL to its `mlflow run`, with a shell between it and the tuner: after 5 s no process of the study is left.
    """
    process = started(prepared, prepared.command("tune", env_manager=manager, **LONG), trials=4, seconds=600)
    until(lambda: prepared.study().ended("COMPLETE"), 120, "a finished trial")
    process.kill()
    process.wait()
    prepared.all_gone()
    study = prepared.study()
    assert study.parent.data.tags["mlflow.project.env"] == manager
    tagged = [study.parent, *study.ended("COMPLETE")]
    assert {run.data.tags["tuning.environment"] for run in tagged} == {"pinned"}


@pytest.mark.slow
@pytest.mark.parametrize("manager", ["conda"], indirect=True)
def test_the_shell_between_killed_takes_the_study_along(prepared: Place, manager: str) -> None:
    """SIGKILL to the shell that conda leaves between `mlflow run` and the tuner: after 5 s no process is left."""
    process = started(prepared, prepared.command("tune", env_manager=manager, **LONG), trials=4)
    shell = proc.parent_of(tuner_of(prepared))
    assert shell is not None
    assert shell != process.pid
    os.kill(shell, signal.SIGKILL)
    process.wait(timeout=120)
    prepared.all_gone()


@pytest.mark.slow
def test_what_it_prints_goes_on_with_the_study(prepared: Place, manager: str) -> None:
    """The last line, pasted into a new shell that knows no conda, goes on in that environment and that experiment."""
    known = prepared.client.create_experiment("my forest")
    words = {"space": "n_estimators=5..9", "folds": 2, "n_trials": 2}
    done = prepared.run(
        prepared.command("tune", "--experiment-id", known, env_manager=manager, **words), check=True, limit_s=900
    )
    assert prepared.paste(done.printed("Go on")).wait(600) == 0, (prepared.folder / "output.txt").read_text()
    runs = prepared.client.search_runs([known], "tags.`tuning.role` = 'trial'")
    assert sorted(run.data.tags["tuning.trial"] for run in runs) == ["0", "1", "2", "3"]
    assert {run.data.tags["tuning.environment"] for run in runs} == {"pinned"}
