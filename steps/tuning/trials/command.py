"""Where a study's code can be had from again: the one command that repeats a child carries it."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from mlflow.utils.git_utils import get_git_commit, get_git_repo_url

from steps.project import secrets
from steps.project.environment import PROJECT
from steps.tracking import write


@dataclass(frozen=True)
class Origin:
    """The project's remote, without a password, and the commit; empty where there is none."""

    url: str = ""
    commit: str = ""

    def command(self, entry_point: str, parameters: Mapping[str, str]) -> str:
        """Write the command that repeats a run; for one that is too long for a tag, how it is repeated by its id."""
        if self.url:
            words = ["mlflow", "run", self.url, "-v", self.commit, "-e", entry_point]
        else:
            words = ["mlflow", "run", ".", "-e", entry_point]
        for name, value in parameters.items():
            words += ["-P", f"{name}={value}"]
        said = shlex.join(words)
        if self.commit and not self.url:
            said += f"  # at commit {self.commit}"
        return said if len(said) <= write.TAG_LENGTH else "mlflow run . -e reproduce -P run_id=<this run's id>"


def find() -> Origin:
    """Ask git, as MLflow does. A remote that is a folder of this machine is none for anybody else."""
    folder = str(PROJECT)
    commit, url = get_git_commit(folder) or "", get_git_repo_url(folder) or ""
    local = url.startswith(("/", ".", "file:")) or ":" not in url
    return Origin("" if local or not commit else secrets.hidden(url), commit)
