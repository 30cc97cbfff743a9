"""What MLflow needs beside itself to reach a store or a database: which package, and is it installed.

conda.yaml has none of them: each is for some users alone.
"""

import importlib.util

# A URI's scheme -> the module that MLflow imports for it, and the package that has this module.
_STORES = {
    **dict.fromkeys(("s3", "r2", "b2"), ("boto3", "boto3")),
    "gs": ("google.cloud.storage", "google-cloud-storage"),
    "wasbs": ("azure.storage.blob", "azure-storage-blob"),
    "abfss": ("azure.storage.filedatalake", "azure-storage-file-datalake"),
    "sftp": ("pysftp", "pysftp"),
}
# A module whose package has another name -> the package. The last two are drivers that SQLAlchemy imports.
_PACKAGES = {
    "botocore": "boto3",
    "google": "google-cloud-storage",
    "azure": "azure-storage-blob",
    "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient",
}


def missing_for(scheme: str) -> str | None:
    """Name the package that a scheme needs and that is not installed; None if nothing is missing."""
    module, package = _STORES.get(scheme, (None, None))
    return None if module is None or _is_installed(module) else package


def providing(module: str, scheme: str = "") -> str:
    """Name the package to install for a module that could not be imported, and for a URI of a scheme if there is one.

    >>> providing("botocore.client"), providing("azure", "abfss"), providing("pymssql")
    ('boto3', 'azure-storage-file-datalake', 'pymssql')
    """
    if scheme in _STORES:
        return _STORES[scheme][1]
    top = module.partition(".")[0]
    return _PACKAGES.get(top, top)


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package that it lies in is missing
        return False
