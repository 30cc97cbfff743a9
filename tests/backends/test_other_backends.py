"""What MLflow's own backends for clusters receive of a trial: through the real `mlflow.run`, up to their doors."""

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from mlflow.projects import databricks
from mlflow.projects.submitted_run import SubmittedRun

from steps.tuning import entry_point
from steps.tuning.search.objective import Objective
from steps.tuning.trials.child_results import ChildResults
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.command import Origin
from steps.tuning.trials.places import Place
from steps.tuning.trials.trial import Job
from steps.tuning.tuned_project import TunedProject, this_project

JOB = Job(7, "sklearn.svm.SVC", {"C": 1e-05, "kernel": "it's"})
SHARED = {"data": "wine", "refit": "False"}
SENT = {**SHARED, "estimator": "sklearn.svm.SVC", "C": "1e-05", "kernel": "it's"}


class Elsewhere(SubmittedRun):
    """A run on another machine, as far as a tuner can tell: it has a status and can be cancelled."""

    def __init__(self, run_id: str):
        self._run_id = run_id
        self.status, self.cancelled = "RUNNING", 0

    @property
    def run_id(self) -> str:
        return self._run_id

    def wait(self) -> bool:
        return True

    def get_status(self) -> str:
        return self.status

    def cancel(self) -> None:
        self.cancelled += 1
        self.status = "FAILED"


def launched(backend: str, project: str, config: dict[str, Any], folder: Path) -> Any:
    return ChildRuns(
        project=TunedProject(project, Path(project)), entry=entry_point.find("train", this_project()),
        parameters=SHARED, objectives=(Objective("cv_accuracy", "maximize"),), steps_of="fold_accuracy", study="far",
        results=ChildResults([Objective("cv_accuracy", "maximize")], "0"),
        experiment_id="0", backend=backend, backend_config=config, digits=3, folder=folder, origin=Origin(),
    ).launch(JOB, Place(0, has_port=False))  # fmt: skip


def check(child: Any, submitted: Elsewhere, client: Any) -> None:
    """The run has the trial's tags, and what MLflow's interface allows can be done with it."""
    tags = client.get_run(child.run_id).data.tags
    assert tags["tuning.trial"] == "7"
    assert json.loads(tags["tuning.params"]) == JOB.hyperparameters
    assert tags["mlflow.runName"] == "trial 007"
    assert child.is_running()
    child.ask_to_end()
    assert submitted.cancelled == 1
    assert not child.is_running()
    assert child.failure() == "failed"


def test_databricks_receives_the_trial_as_it_is(client, tmp_path, monkeypatch):
    """Entry point, every parameter as MLflow logs it, the study's experiment, the configuration as the cluster's."""
    calls: list[dict[str, Any]] = []
    runs: list[Elsewhere] = []

    def record(**options: Any) -> Elsewhere:
        calls.append(options)
        runs.append(Elsewhere(options["remote_run"].info.run_id))
        return runs[0]

    monkeypatch.setattr(databricks, "run_databricks", record)
    monkeypatch.setattr(databricks, "before_run_validations", lambda *_: None)  # they want a server
    config = {"spark_version": "17.x", "num_workers": 2}
    child = launched("databricks", ".", config, tmp_path)
    (call,) = calls
    assert Path(call["work_dir"]) == Path.cwd()
    assert (call["entry_point"], call["parameters"], call["experiment_id"]) == ("train", SENT, "0")
    assert call["cluster_spec"].items() >= config.items()
    check(child, runs[0], client)


def test_kubernetes_receives_the_trial_as_it_is(client, tmp_path, monkeypatch):
    """A job of the template and the context that the configuration names, and the entry point's own command."""
    calls: list[tuple[Any, ...]] = []
    runs: list[Elsewhere] = []

    def record(*options: Any) -> Elsewhere:
        calls.append(options)
        runs.append(Elsewhere(options[1].info.run_id))
        return runs[0]

    # MLflow imports them only for this backend; both need packages, and a Docker engine, that are not here.
    kubernetes, docker = ModuleType("mlflow.projects.kubernetes"), ModuleType("mlflow.projects.docker")
    vars(kubernetes).update(run_kubernetes_job=record, push_image_to_registry=lambda tag: f"digest of {tag}")
    image = SimpleNamespace(tags=["registry/here:1"])
    vars(docker).update(
        build_docker_image=lambda **_: image, validate_docker_env=lambda _: None, validate_docker_installation=bool
    )
    monkeypatch.setitem(sys.modules, "mlflow.projects.kubernetes", kubernetes)
    monkeypatch.setattr("mlflow.projects.kubernetes", kubernetes, raising=False)
    monkeypatch.setitem(sys.modules, "mlflow.projects.docker", docker)
    project = tmp_path / "project"
    project.mkdir()
    text = Path("MLproject").read_text().replace("conda_env: conda.yaml", "docker_env: {image: here}")
    (project / "MLproject").write_text(text)
    (tmp_path / "job.yaml").write_text("kind: Job\n")
    config = {
        "kube-context": "ours", "repository-uri": "registry/here", "kube-job-template-path": str(tmp_path / "job.yaml"),
    }  # fmt: skip
    child = launched("kubernetes", str(project), config, tmp_path)
    ((_, _, tag, digest, command, variables, context, template),) = calls
    assert (tag, digest, context, template) == (image.tags[0], f"digest of {image.tags[0]}", "ours", {"kind": "Job"})
    words = command if isinstance(command, str) else " ".join(command)
    assert "python -m steps.train --data wine" in words
    assert "--C 1e-05" in words
    assert variables["MLFLOW_RUN_ID"] == child.run_id
    check(child, runs[0], client)
