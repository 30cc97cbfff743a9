"""Create a child run with its name, tags, parameters and first metrics, in two requests to the tracking server.

MLflow's own `get_or_create_run` takes no name, tags or metrics: each would be a request of its own, half of what a
launch costs. It also reads MLproject and asks git anew for each run, 20 ms. And a run that has its study's tags from
its first moment can be told apart however early the tuner is killed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
from mlflow.entities import Metric, Param, SourceType

# None of the names in mlflow.projects.utils is documented, but those without an underscore are what the backends of
# MLflow itself are made of. Nothing public gives what the private ones do: the user and the source as MLflow records
# them, and whether a version is a branch. A test compares such a run with one of MLflow's own, field by field.
from mlflow.projects.utils import (
    _expand_uri,
    _is_local_uri,
    _is_valid_branch_name,
    fetch_and_validate_project,
    load_project,
)
from mlflow.tracking import MlflowClient
from mlflow.tracking._tracking_service.utils import _get_git_url_if_present
from mlflow.tracking.context.default_context import _get_user
from mlflow.utils.git_utils import get_git_commit, get_git_repo_url
from mlflow.utils.mlflow_tags import (
    MLFLOW_GIT_BRANCH,
    MLFLOW_GIT_COMMIT,
    MLFLOW_GIT_REPO_URL,
    MLFLOW_PARENT_RUN_ID,
    MLFLOW_PROJECT_ENTRY_POINT,
    MLFLOW_SOURCE_NAME,
    MLFLOW_SOURCE_TYPE,
    MLFLOW_USER,
)

from steps.tracking import whole


@dataclass(frozen=True)
class ProjectSource:
    """A project as it was when it was read: its folder, its MLproject, and the tags that say where it is from."""

    root: str
    project: Any  # mlflow.projects._project_spec.Project
    tags: Mapping[str, str]


def read_source(
    uri: str, version: str | None, entry_point: str, parameters: Mapping[str, str], fetched: Path | None = None
) -> ProjectSource:
    """Fetch a project, if it is not a local folder and not `fetched` already, and read MLproject and git."""
    root = str(fetched) if fetched else fetch_and_validate_project(uri, version, entry_point, parameters)
    expanded = _expand_uri(uri)
    tags = {
        MLFLOW_USER: _get_user(),
        MLFLOW_SOURCE_NAME: _get_git_url_if_present(expanded) if _is_local_uri(uri) else expanded,
        MLFLOW_SOURCE_TYPE: SourceType.to_string(SourceType.PROJECT),
        MLFLOW_GIT_COMMIT: get_git_commit(root),
        MLFLOW_GIT_REPO_URL: get_git_repo_url(root),
        MLFLOW_GIT_BRANCH: version if _is_valid_branch_name(root, version) else None,
    }
    return ProjectSource(root, load_project(root), {key: value for key, value in tags.items() if value is not None})


def create_run(
    source: ProjectSource,
    entry_point: str,
    parameters: Mapping[str, str],
    experiment_id: str,
    *,
    name: str | None = None,
    tags: Mapping[str, str] | None = None,
    metrics: Sequence[Metric] = (),
) -> str:
    """Create a run of an entry point, nested under this thread's active run, if any; return its id.

    Beside `tags` it has those that MLflow gives it. Its parameters are quoted for a shell, as MLflow records them.
    """
    declared, others = source.project.get_entry_point(entry_point).compute_parameters(parameters, storage_dir=None)
    parent = mlflow.active_run()
    nesting = {} if parent is None else {MLFLOW_PARENT_RUN_ID: parent.info.run_id}
    every_tag = {**source.tags, MLFLOW_PROJECT_ENTRY_POINT: entry_point, **nesting, **(tags or {})}
    client = MlflowClient()
    short_tags, long_tags = whole.split_tags(every_tag)
    words, long_words = whole.split_parameters({**declared, **others})
    run_id = str(client.create_run(experiment_id, tags=short_tags, run_name=name).info.run_id)
    client.log_batch(run_id, metrics, [Param(*pair) for pair in words.items()])
    whole.keep(run_id, {**long_tags, **long_words})
    return run_id
