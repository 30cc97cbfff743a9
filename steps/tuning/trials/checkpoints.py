"""The folders in which trials keep checkpoints: each outlives its process, its run and the tuner, until its trial ends.

A retry, and a trial that is run again after its tuner was killed, has the same number in the same study, and so finds
what was saved before. A study is known by the id of its first run, which no other study has, on whatever server.
"""

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from steps.errors import StepError
from steps.names import CHECKPOINT, Role, Tag, Variable
from steps.parameters.option import option
from steps.project import paths
from steps.tuning.trials.trial import Job

# Below the user's folder for what programs keep, see the XDG Base Directory Specification.
_BELOW = Path("mlflow-optuna-tuning", "checkpoints")


def default_folder() -> Path:
    """Return the user's own folder for checkpoints: in `$XDG_STATE_HOME`, else in `~/.local/state`."""
    given = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (given if given.is_absolute() else paths.absolute("~/.local/state")) / _BELOW


@dataclass(frozen=True)
class Given:
    """What a child is given that may keep checkpoints: parameters, variables, and tags of its run."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoint folders of one study's children, in `folder`; None: there are none.

    With `declared` the entry point has a parameter for its own; all are told by a variable too. With `kept` the folder
    of a trial stays when the trial has ended.
    """

    folder: Path | None = None
    declared: bool = False
    kept: bool = False

    def begin(self, job: Job) -> Given:
        """Return by what a child is given its folder.

        It is made, if the entry point declares it; whoever only reads the variable makes it. Raises StepError if that
        is not possible.
        """
        if self.folder is None:
            return Given()
        path = self._path(job)
        variables = {Variable.CHECKPOINT: str(path)}
        if not self.declared:
            return Given(variables=variables)
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StepError(
                f"the checkpoint folder of a trial can't be made: {error}; {option('checkpoint_dir')} names another "
                "place"
            ) from error
        return Given({CHECKPOINT: str(path)}, variables, {Tag.CHECKPOINT: str(path)})

    def end(self, job: Job) -> None:
        """Remove the folder of a child that has ended and is not run again."""
        if not self.kept:
            self.forget(job)

    def forget(self, job: Job) -> None:
        """Remove a child's folder, kept or not: if it is run again, it begins anew, and so has something to train."""
        if self.folder is not None:
            shutil.rmtree(self._path(job), ignore_errors=True)

    def close(self, *, goes_on: bool) -> str:
        """Remove what a study has left that has ended, unless it `goes_on` in a later start; say what stays then."""
        if self.folder is None or not self.folder.is_dir():
            return ""
        left = sum(path.is_dir() for path in self.folder.iterdir())
        if left and goes_on and not self.kept:
            return f"checkpoints of trials that can go on stay in {self.folder}, for the next start of the study"
        if not self.kept:
            shutil.rmtree(self.folder, ignore_errors=True)
        elif not left:
            self.folder.rmdir()
        return ""

    def _path(self, job: Job) -> Path:
        """Return a child's own folder: of a trial by its number, of what runs it once more or has none by its role."""
        assert self.folder is not None
        role = job.role or (Role.BASELINE if job.number is None else Role.TRIAL)
        name = role if job.number is None else f"{role}-{job.number}"
        if job.number is None and job.estimator is not None:
            name += f"-{hashlib.sha256(job.estimator.encode()).hexdigest()[:12]}"
        return self.folder / name


NO_CHECKPOINTS = Checkpoints()
