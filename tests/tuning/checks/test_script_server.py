"""What makes a script log to another server, found in its text."""

from pathlib import Path

import pytest

from steps.tuning.checks import script_server

ELSEWHERE = "http://other:5000"
SETS = {
    "mlflow.set_tracking_uri": "import mlflow\nmlflow.set_tracking_uri('{uri}')\n",
    "by its name": "import mlflow\nmlflow.set_tracking_uri(uri='{uri}')\n",
    "imported": "from mlflow import set_tracking_uri\nset_tracking_uri('{uri}')\n",
    "in a function": "def main():\n    mlflow.set_tracking_uri('{uri}')\nmain()\n",
    "further down": "def a():\n    mlflow.set_tracking_uri('{uri}')\ndef main():\n    a()\n    main()\nmain()\n",
    "in one that is handed on": "def main():\n    mlflow.set_tracking_uri('{uri}')\nfire.Fire(main)\n",
    "in a command": "@app.command()\ndef main():\n    mlflow.set_tracking_uri('{uri}')\napp()\n",
    "in the main block": "if __name__ == '__main__':\n    mlflow.set_tracking_uri('{uri}')\n",
    "by a constant": "mlflow.set_tracking_uri(URI)\nURI = '{uri}'\n",
    "in the environment": "import os\nos.environ['MLFLOW_TRACKING_URI'] = '{uri}'\n",
    "in a try": "try:\n    mlflow.set_tracking_uri('{uri}')\nfinally:\n    pass\n",
}
MAY_NOT = {
    "guarded": "if 'MLFLOW_TRACKING_URI' not in os.environ:\n    mlflow.set_tracking_uri('{uri}')\n",
    "guarded by its call": "def a():\n    mlflow.set_tracking_uri('{uri}')\nif args.remote:\n    a()\n",
    "never called": "def a():\n    mlflow.set_tracking_uri('{uri}')\n",
    "guarded in one line": "mlflow.set_tracking_uri('{uri}') if args.remote else None\n",
    "an argument": "mlflow.set_tracking_uri(args.uri)\n",
    "the environment's": "mlflow.set_tracking_uri(os.environ.get('MLFLOW_TRACKING_URI', '{uri}'))\n",
    "a default": "os.environ.setdefault('MLFLOW_TRACKING_URI', '{uri}')\n",
    "nothing": "mlflow.set_tracking_uri(None)\nmlflow.set_tracking_uri()\n",
    "a comment": "# mlflow.set_tracking_uri('{uri}')\n",
    "no Python": "set_tracking_uri('{uri}'\n",
}


@pytest.mark.parametrize("text", SETS.values(), ids=SETS)
def test_a_server_that_is_certain_to_be_set_is_found(text):
    """However it is called; the line is the statement's own."""
    found = list(script_server.literals(text.replace("{uri}", ELSEWHERE).encode()))
    assert [uri for _, uri in found] == [ELSEWHERE]
    line = text.splitlines()[found[0][0] - 1]
    assert "set_tracking_uri" in line or "environ" in line


@pytest.mark.parametrize("text", MAY_NOT.values(), ids=MAY_NOT)
def test_what_may_be_harmless_is_not(text):
    """What stands under a condition, or comes from elsewhere, is left to the trial."""
    assert list(script_server.literals(text.replace("{uri}", ELSEWHERE).encode())) == []


@pytest.mark.parametrize(
    ("study", "uri"),
    [
        ("http://127.0.0.1:5000", "http://localhost:5000/"),
        ("https://host/mlflow", "https://me@host/mlflow/"),
        ("sqlite:///{root}/mlflow.db", "sqlite:///mlflow.db"),
        ("sqlite:///mlflow.db", "sqlite:///{root}/mlflow.db"),
        ("{root}/runs", "file:runs"),
        ("databricks", "databricks"),
    ],
)
def test_the_same_server_is_the_study_s(tmp_path, study, uri):
    """However it is written."""
    study, uri = (text.replace("{root}", str(tmp_path)) for text in (study, uri))
    (tmp_path / "fit.py").write_text(f"mlflow.set_tracking_uri({uri!r})\n")
    assert script_server.problems(tmp_path, "python fit.py", study) == []
    assert script_server.problems(tmp_path, "python fit.py", ELSEWHERE) != []


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python fit.py --lr {lr}", ["fit.py"]),
        ("python -u src/fit.py | tee 'a log'", ["src/fit.py"]),
        ("bash -c \"python fit.py; python 'src/fit.py'\"", ["fit.py", "src/fit.py"]),
        ("python -m src.fit --lr {lr}", ["src/fit.py"]),
        ("python -m whole", ["whole/__main__.py"]),
        ("python -m steps.train", []),
        ("python /etc/fit.py ../fit.py none.py", []),
    ],
)
def test_the_scripts_are_those_that_the_command_names(tmp_path, command, expected):
    """By path or as a module, in the project."""
    for name in ("fit.py", "src/fit.py", "whole/__main__.py"):
        path: Path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    assert [str(path.relative_to(tmp_path)) for path in script_server.scripts(tmp_path, command)] == expected
