"""The dataset that MLflow records of a run's data, as `mlflow.log_input` would."""

import json
import warnings
from dataclasses import asdict, dataclass
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature

from steps.project.secrets import scheme
from steps.training.data.load import Table

_NAME_LENGTH = 500
_SCHEMA_LENGTH = 1_000_000
# How many rows are read to tell the columns' types.
_ROWS = 100


@dataclass(frozen=True)
class Dataset:
    """The fields of MLflow's entity Dataset, the target, and the data's whole sha256."""

    name: str
    source_type: str
    source: str
    schema: str | None
    profile: str
    target: str
    sha256: str

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain data, for another process."""
        return asdict(self)


def describe(table: Table, target: str) -> Dataset:
    """Describe a table: its name and source, its columns and their types, its rows."""
    rows, columns = len(table.frame), len(table.columns)
    kind, source = _source(table.source)
    profile = {"num_rows": rows, "num_columns": columns, "num_elements": rows * columns}
    return Dataset(
        name=table.name[-_NAME_LENGTH:],
        source_type=kind,
        source=json.dumps(source),
        schema=_schema(table),
        profile=json.dumps(profile),
        target=target,
        sha256=table.sha256,
    )


def _source(source: str) -> tuple[str, dict[str, Any]]:
    """Write a source in the form of MLflow's own dataset sources: its type and its fields."""
    kind = scheme(source)
    if kind in ("http", "https"):
        return "http", {"url": source}
    if kind is not None:
        return kind, {"uri": source}
    if source.startswith("/"):
        return "local", {"uri": source}
    return "code", {"tags": {"mlflow.source.name": source}}


def _schema(table: Table) -> str | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice for models that are served
        try:
            schema = infer_signature(table.frame.head(_ROWS)).inputs
        except (MlflowException, ValueError, TypeError):  # a type that MLflow has no name for
            return None
    text = json.dumps({"mlflow_colspec": schema.to_dict()})
    return text if len(text) <= _SCHEMA_LENGTH else None
