"""Environment variables, tracking databases and disks that a step can't work with."""

from tests.inputs import states
from tests.inputs.rows import Row

_RUN = "0" * 32
_URI = "MLFLOW_TRACKING_URI"
_HERE = "sqlite:///{folder}/mlflow.db"
_SMALL = {"folds": "2", "estimator": "sklearn.dummy.DummyClassifier"}


def _both(id: str, line: str | tuple[str, ...], **fields: object) -> list[Row]:
    """Make a row for each step."""
    return [Row(f"{id}-{step}", step, line, **fields) for step in ("train", "tune")]  # type: ignore[arg-type]


def _database(id: str, line: str, state: object, code: int = 2, **env: str) -> list[Row]:
    return _both(id, line, state=state, code=code, env={_URI: "{database}", **env})


_DELETED = "has been deleted: restore it by `mlflow experiments restore`, or name another"
_GONE = states.changed("INSERT INTO experiments (experiment_id, name, lifecycle_stage) VALUES (5, 'gone', 'deleted')")
_NO_RUN = f"MLFLOW_RUN_ID '{_RUN}': Run with id={_RUN} not found in {_HERE}; make {_URI} absolute …"

ROWS = [
    *_both(
        "uri-unknown-scheme", f"{_URI} 'foo://bar': MLflow knows no such scheme; must be …", env={_URI: "foo://bar"}
    ),
    *_both(
        "uri-folder",
        f"{_URI} '{{folder}}': is a folder, which MLflow does not write to any more; …",
        env={_URI: "{folder}"},
    ),
    *_both(
        "uri-sqlite-folder",
        f"{_URI} 'sqlite:///{{folder}}': is a folder; must be the path of a file, such as sqlite:///{{folder}}/mlflow.db",
        env={_URI: "sqlite:///{folder}"},
    ),
    *_both(
        "uri-sqlite-no-folder",
        f"{_URI} 'sqlite:////proc/none/x.db': its folder '/proc/none' can't be made: No such file or directory; …",
        env={_URI: "sqlite:////proc/none/x.db"},
    ),
    Row(
        "uri-sqlite-below-a-file",
        "train",
        f"{_URI} 'sqlite:///{{folder}}/mlflow.db/x.db': its folder '{{folder}}/mlflow.db' can't be made: …",
        env={_URI: "sqlite:///{folder}/mlflow.db/x.db"},
    ),
    Row(
        "uri-sqlite-no-database",
        "tune",
        "the tracking database sqlite:///{folder}/junk.db is not an SQLite database, or a broken one: name another "
        "in …",
        env={_URI: "sqlite:///{folder}/junk.db"},
        files={"junk.db": "this is no database " * 100},
    ),
    Row("uri-one-slash", "train", f"{_URI} 'sqlite:/x.db': must be such as sqlite:///…", env={_URI: "sqlite:/x.db"}),
    *_both(
        "uri-no-host", f"{_URI} 'http://': has no host; must be such as http://127.0.0.1:5000", env={_URI: "http://"}
    ),
    *_both(
        "uri-no-driver",
        f"{_URI} 'mysql://127.0.0.1:1/x': needs the package mysqlclient; add it to the pip list of conda.yaml",
        env={_URI: "mysql://me:SESAME@127.0.0.1:1/x"},
    ),
    *_database(
        "database-of-another-mlflow",
        "the tracking database {database} has the schema of another MLflow than conda.yaml's …",
        states.changed("UPDATE alembic_version SET version_num = 'ffffffffffff'"),
    ),
    *_database(
        "database-not-mlflows",
        "the tracking database {database} is not MLflow's, or a broken one: name another in MLFLOW_TRACKING_URI",
        states.changed("DROP TABLE runs; CREATE TABLE runs (mine TEXT)"),
    ),
    *_database(
        "database-read-only",
        "the tracking database {database} is read-only for this user: make the file and its folder writable, or …",
        states.read_only,
    ),
    *_database(
        "disk-full", "the disk of the tracking database {database} is full: make room, and start again", states.full, 1
    ),
    Row(
        "disk-full-model",
        "train",
        "can't write …: No space left on device: make room on that disk, and start again",
        _SMALL,
        env={_URI: "{database}"},
        state=states.no_room_for_a_model,
        code=1,
    ),
    *_both(
        "experiment-id-missing",
        f"MLFLOW_EXPERIMENT_ID '77': there is no such experiment in {_HERE}; …",
        env={"MLFLOW_EXPERIMENT_ID": "77"},
    ),
    Row(
        "experiment-id-no-number",
        "train",
        f"MLFLOW_EXPERIMENT_ID 'x': there is no such experiment in {_HERE}; name one that is there",
        env={"MLFLOW_EXPERIMENT_ID": "x"},
    ),
    Row(
        "experiment-name-empty",
        "train",
        "MLFLOW_EXPERIMENT_NAME '': must be the name of an experiment, …",
        env={"MLFLOW_EXPERIMENT_NAME": ""},
    ),
    *_database(
        "experiment-name-deleted", f"MLFLOW_EXPERIMENT_NAME 'gone': {_DELETED}", _GONE, MLFLOW_EXPERIMENT_NAME="gone"
    ),
    *_database("experiment-id-deleted", f"MLFLOW_EXPERIMENT_ID '5': {_DELETED}", _GONE, MLFLOW_EXPERIMENT_ID="5"),
    *_both("run-missing", _NO_RUN, env={"MLFLOW_RUN_ID": _RUN}),
    Row("run-missing-trial", "train", _NO_RUN, {**_SMALL, "refit": "false"}, env={"MLFLOW_RUN_ID": _RUN}),
    Row(
        "run-no-id",
        "train",
        "MLFLOW_RUN_ID 'x y': Run with id=x y not found in …",
        env={"MLFLOW_RUN_ID": "x y"},
    ),
    *_both(
        "variables-unreadable",
        (
            "MLFLOW_HTTP_REQUEST_TIMEOUT 'soon': can't be read: invalid literal …",
            "MLFLOW_RUN_CONTEXT 'team': can't be read: Expecting value: …",
        ),
        env={"MLFLOW_HTTP_REQUEST_TIMEOUT": "soon", "MLFLOW_RUN_CONTEXT": "team"},
    ),
    Row(
        "retries-no-number",
        "train",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES 'many': can't be read: invalid literal …",
        env={_URI: "http://127.0.0.1:1", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "many"},
    ),
]
