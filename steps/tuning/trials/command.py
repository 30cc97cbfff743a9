"""The one command that repeats a child run, with the place that its code can be had from again."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

# MLflow's own and not documented: the command must name the commit that MLflow records.
from mlflow.utils.git_utils import get_git_commit, get_git_repo_url

from steps.project import secrets
from steps.project.environment import PROJECT
from steps.tracking import write


@dataclass(frozen=True)
class Origin:
    """The project's remote, without a password, and the commit; empty if there is none."""

    url: str = ""
    commit: str = ""

    def command(self, entry_point: str, parameters: Mapping[str, str]) -> str:
        """Write the command that repeats a run; if that is too long for a tag, the one that repeats it by its id."""
        if self.url:
            words = ["mlflow", "run", self.url, "-v", self.commit, "-e", entry_point]
        else:
            words = ["mlflow", "run", ".", "-e", entry_point]
        for name, value in parameters.items():
            words += ["-P", f"{name}={value}"]
        line = shlex.join(words)
        if self.commit and not self.url:
            line += f"  # at commit {self.commit}"
        return line if len(line) <= write.TAG_LENGTH else "mlflow run . -e reproduce -P run_id=<this run's id>"


def find() -> Origin:
    """Ask git, as MLflow does. A remote that is a folder of this machine counts as none: nobody else has it."""
    folder = str(PROJECT)
    commit, url = get_git_commit(folder) or "", get_git_repo_url(folder) or ""
    local = url.startswith(("/", ".", "file:")) or ":" not in url
    return Origin("" if local or not commit else secrets.hidden(url), commit)
