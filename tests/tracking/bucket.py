"""A store of artifacts that nobody may read, with errors of its own, as boto3 has."""

from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.artifact_repository_registry import _artifact_repository_registry


class ClientError(Exception):
    """Neither one of MLflow nor one of the system."""


class Bucket(ArtifactRepository):
    """Refuses everything."""

    def log_artifact(self, local_file, artifact_path=None):
        raise ClientError("AccessDenied")

    def log_artifacts(self, local_dir, artifact_path=None):
        raise ClientError("AccessDenied")

    def list_artifacts(self, path=None):
        raise ClientError("AccessDenied")

    def _download_file(self, remote_file_path, local_path):
        raise ClientError("AccessDenied")


def run_in(client, monkeypatch):
    """Make a run whose artifacts are in such a store."""
    monkeypatch.setitem(_artifact_repository_registry._registry, "bucket", Bucket)
    return client.create_run(client.create_experiment("in a bucket", artifact_location="bucket://models"))
