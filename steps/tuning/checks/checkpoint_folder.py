"""Where a study's children keep checkpoints; every machine that may run the next attempt must see it."""

from pathlib import Path

from steps import backends
from steps.backends.ray import cluster
from steps.errors import WrongValue
from steps.names import CHECKPOINT
from steps.parameters.option import option
from steps.parameters.tune_settings import TuneSettings
from steps.project import paths
from steps.tuning.trials import checkpoints


def find(settings: TuneSettings, *, declared: bool) -> Path | None:
    """Return the folder that has those of all studies; None if trials can't have any.

    `declared` tells whether the entry point asks for its own by a parameter. Raises WrongValue if it does and trials
    would not find it again, or if it can't be made.
    """
    if settings.checkpoint_dir is not None:
        folder = paths.of_user(settings.checkpoint_dir)
        where = option("checkpoint_dir", settings.checkpoint_dir)
    else:
        folder, where = checkpoints.default_folder(), option("checkpoint_dir", "none")
        if elsewhere := _elsewhere(settings):
            if declared:
                raise WrongValue(
                    f"{where}: the entry point declares {CHECKPOINT}, and {elsewhere}, which don't see the folders of "
                    "this machine; name a folder that all of them share"
                )
            return None
    if (declared or settings.checkpoint_dir is not None) and not settings.dry_run:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise WrongValue(f"{where}: must be a folder that can be written: {error}") from error
    return folder


def _elsewhere(settings: TuneSettings) -> str:
    """Say that trials run on other machines, if they do."""
    if settings.backend == backends.RAY:
        nodes = len(cluster.addresses())
        return f"trials run on {nodes} nodes" if nodes > 1 else ""
    return (
        "" if settings.backend in (backends.WARM, "local") else f"trials of backend {settings.backend!r} run elsewhere"
    )
