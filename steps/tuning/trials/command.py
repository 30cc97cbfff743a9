"""The one command that repeats a child run, with the place that its code can be had from again."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# MLflow's own and not documented: the command must name the commit that MLflow records.
from mlflow.utils.git_utils import get_git_commit

from steps.project import git_remote, location
from steps.tracking import whole
from steps.tuning.tuned_project import TunedProject


@dataclass(frozen=True)
class Origin:
    """Where a project can be had from: its remote, without a password, and the commit; both empty if there is none.

    Without a remote it is `place`, a folder or `.`, the folder that `mlflow run` is started in. `manager` is what made
    the environment; empty: MLflow's own choice. `is_pushed` is false if the remote has not got the commit yet.
    """

    url: str = ""
    commit: str = ""
    place: str = "."
    manager: str = ""
    is_pushed: bool = True

    def command(self, entry_point: str, parameters: Mapping[str, str], folders: Iterable[str] = ()) -> str:
        """Write the command that repeats a run; if that is too long for a tag, the one that repeats it by its id.

        `folders` are parameters that get a fresh folder, wherever the command is typed.
        """
        if self.url:
            words = ["mlflow", "run", self.url, "-v", self.commit, "-e", entry_point]
        else:
            words = ["mlflow", "run", self.place, "-e", entry_point]
        if self.manager:
            words += ["--env-manager", self.manager]
        for name, value in parameters.items():
            words += ["-P", f"{name}={value}"]
        line = " ".join([shlex.join(words), *(f'-P {name}="$(mktemp -d)"' for name in folders)])
        if self.commit and not self.url:
            line += f"  # at commit {self.commit}"
        elif not self.is_pushed:
            line += "  # works once that commit is pushed"
        return line if len(line) <= whole.TAG_LENGTH else "mlflow run . -e reproduce -P run_id=<this run's id>"


def find(project: TunedProject, manager: str) -> Origin:
    """Return where a project can be had from; `manager` is what makes its environment."""
    manager = "" if project.is_own else manager
    if project.version and location.locate(project.uri).folder is None:
        return Origin(project.uri, project.version, manager=manager)
    commit = get_git_commit(str(project.folder)) or ""
    place = "." if project.is_own else project.uri
    found = git_remote.find(project.folder, commit) if commit else None
    if found is None:
        return Origin("", commit, place, manager)
    return Origin(found.url, commit, place, manager, found.has_commit)
