"""The one command that repeats a child run, with the place that its code can be had from again."""

import shlex
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# MLflow's own and not documented: the command must name the commit that MLflow records.
from mlflow.utils.git_utils import get_git_commit, get_git_repo_url

from steps.project import location, secrets
from steps.project.git import Git, GitFailed
from steps.tracking import write
from steps.tuning.tuned_project import TunedProject

_GIT_S = 10.0


@dataclass(frozen=True)
class Origin:
    """Where a project can be had from: its remote, without a password, and the commit; both empty if there is none.

    Without a remote it is `place`, a folder or `.`, the folder that `mlflow run` is started in. `manager` is what made
    the environment; empty: MLflow's own choice.
    """

    url: str = ""
    commit: str = ""
    place: str = "."
    manager: str = ""

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
        return line if len(line) <= write.TAG_LENGTH else "mlflow run . -e reproduce -P run_id=<this run's id>"


def find(project: TunedProject, manager: str) -> Origin:
    """Return where a project can be had from, as git tells MLflow; `manager` is what makes its environment.

    A remote that is a folder of this machine counts as none: nobody else has it.
    """
    manager = "" if project.is_own else manager
    if project.version and location.locate(project.uri).folder is None:
        return Origin(project.uri, project.version, manager=manager)
    folder = str(project.folder)
    commit, url = get_git_commit(folder) or "", get_git_repo_url(folder) or ""
    local = url.startswith(("/", ".", "file:")) or ":" not in url
    place = "." if project.is_own else project.uri
    subfolder = "" if local or not commit else _subfolder(project.folder)
    return Origin("" if local or not commit else secrets.hidden(url) + subfolder, commit, place, manager)


def _subfolder(folder: Path) -> str:
    """Return `#subfolder` for a project that is not at the top of its repository."""
    with suppress(GitFailed):
        inside = Git(folder, time.monotonic() + _GIT_S).line("rev-parse", "--show-prefix").rstrip("/")
        return f"#{inside}" if inside else ""
    return ""
