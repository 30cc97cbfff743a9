"""What a study on a Ray cluster needs: the connection, room for its trials, a tracking server that nodes can reach."""

import sys
from urllib.parse import urlsplit

from steps import patches
from steps.backends.ray import cluster, config, shipped_project
from steps.backends.ray.config import TrialResources
from steps.backends.ray.shipped_project import ShippedProject
from steps.backends.ray.task import Preload
from steps.errors import WrongValue
from steps.names import Variable
from steps.parameters.option import option
from steps.parameters.tune_settings import TuneSettings
from steps.process import threads
from steps.project import environment, mlproject
from steps.tuning import child_preload
from steps.tuning.checks import backend
from steps.tuning.tuned_project import TunedProject

_LOOPBACK = ("127.", "localhost", "::1")


def trial_resources(settings: TuneSettings) -> TrialResources:
    """Read what each trial takes of the cluster. Raises WrongValue for a configuration that can't be read."""
    return config.read(backend.read_backend_config(settings), settings.shared.threads, settings.gpus)


def preload(settings: TuneSettings, project: TunedProject, env_manager: str) -> Preload:
    """Return what a node does before its first trial of the study; another project sets off to the nodes.

    Raises WrongValue if that can't be carried there.
    """
    variables = {**threads.variables(settings.shared.threads), Variable.KNOWN_ENVIRONMENT: environment.digest()}
    variables[Variable.PATCHES] = "on" if patches.speed_wanted() else "off"
    if not project.is_own:
        import ray

        content = ray.put(shipped_project.pack(project.folder, project.shown))
        shipped = ShippedProject(project.shown, env_manager, (content,))
        return Preload((), (), variables, in_own_folder=True, project=shipped)
    is_own_script = not mlproject.runs_train(mlproject.commands().get(settings.entry_point, ""))
    return Preload(child_preload.MODULES, child_preload.calls(settings), variables, in_own_folder=is_own_script)


def connect(settings: TuneSettings, tracking_uri: str) -> None:
    """Connect this process to the cluster. Raises WrongValue if it can't, or if trials could not reach MLflow."""
    cluster.connect(trial_resources(settings))
    host = urlsplit(tracking_uri).hostname or ""
    others = [address for address in cluster.addresses() if not address.startswith(_LOOPBACK)]
    if host.startswith(_LOOPBACK) and len(others) > 1:
        raise WrongValue(
            f"{option('backend', 'ray')}: trials on {', '.join(sorted(others))} can't reach the tracking server as "
            f"{tracking_uri}: name this machine as they know it in MLFLOW_TRACKING_URI, and "
            "start `mlflow server` with --host 0.0.0.0"
        )


def jobs(settings: TuneSettings) -> int:
    """Return how many trials run at a time; auto: as many as the cluster has room for.

    If no node has room for a trial, auto raises WrongValue; a given number only prints that on stderr.
    """
    resources = trial_resources(settings)
    capacity = cluster.capacity(resources)
    if not capacity:
        amounts = ", ".join(f"{kind} {amount:g}" for kind, amount in resources.amounts.items())
        problem = (
            f"{option('backend', 'ray')}: no node of the cluster holds a trial, which takes {amounts} (see "
            f"{option('backend_config')})"
        )
        if settings.jobs == "auto":
            raise WrongValue(problem)
        print(f"tune: {problem}; trials wait for one", file=sys.stderr)
    return capacity if settings.jobs == "auto" else settings.jobs
