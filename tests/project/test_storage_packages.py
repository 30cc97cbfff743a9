import pytest

from steps.project import storage_packages


@pytest.mark.parametrize(
    ("scheme", "package"),
    [
        ("s3", "boto3"),
        ("gs", "google-cloud-storage"),
        ("wasbs", "azure-storage-blob"),
        ("abfss", "azure-storage-file-datalake"),
        ("sftp", "pysftp"),
        ("https", None),
        ("mlflow-artifacts", None),
        ("", None),
    ],
)
def test_a_package_that_a_scheme_needs_is_missing_or_not(scheme, package):
    """None of these packages is in the environment; a scheme that MLflow reads by itself needs none."""
    assert storage_packages.missing_for(scheme) == package


def test_a_package_that_is_installed_is_not_missing(monkeypatch):
    """It is the module that is looked for, in whatever package it lies."""
    monkeypatch.setattr(storage_packages, "_STORES", {"s3": ("email.mime.text", "boto3")})
    assert storage_packages.missing_for("s3") is None


@pytest.mark.parametrize(
    ("module", "scheme", "package"),
    [
        ("boto3", "s3", "boto3"),
        ("botocore.client", "runs", "boto3"),
        ("google.cloud", "gs", "google-cloud-storage"),
        ("azure", "wasbs", "azure-storage-blob"),
        ("azure", "abfss", "azure-storage-file-datalake"),
        ("azure.storage", "runs", "azure-storage-blob"),
        ("psycopg2", "", "psycopg2-binary"),
        ("MySQLdb", "", "mysqlclient"),
        ("oss2", "oss", "oss2"),
    ],
)
def test_the_package_to_install_is_named(module, scheme, package):
    """By the scheme where it is a store's own; else, as behind `runs:/…`, by the module that is missing."""
    assert storage_packages.providing(module, scheme) == package
