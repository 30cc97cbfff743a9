"""The submodules of a work tree that was just made: from the clones that its repository has here, else from afar."""

from steps.project import secrets
from steps.project.git import Git, GitFailed

_UPDATE = ("submodule", "update", "--init", "--recursive")


def get(tree: Git, repository: Git) -> str:
    """Fill the submodules of a tree; return what is in the way, in one line, empty if nothing is."""
    if not (tree.folder / ".gitmodules").exists():
        return ""
    problem = ""
    for settings in (_cloned_here(tree, repository), []):
        try:
            tree(*settings, *_UPDATE)
            return ""
        except GitFailed as error:
            problem = secrets.hidden(str(error))
    return problem


def _cloned_here(tree: Git, repository: Git) -> list[str]:
    """Return settings by which git takes those submodules that the repository has cloned, pushed or not."""
    listed = tree.line("config", "--file", ".gitmodules", "--name-only", "--get-regexp", r"^submodule\..*\.path$")
    clones = repository.folder / repository.line("rev-parse", "--git-common-dir") / "modules"
    settings = ["-c", "protocol.file.allow=always"]  # git refuses folders of others, and these are the user's own
    for key in listed.splitlines():
        name = key.removeprefix("submodule.").removesuffix(".path")
        if (clones / name).is_dir():
            settings += ["-c", f"submodule.{name}.url={clones / name}"]
    return settings
