"""MLflow's environment variables: all of them are known, and one that can't be read is told."""

import pytest
from mlflow import environment_variables

from steps.errors import WrongValue
from steps.process import variables
from steps.tracking import mlflow_variables as checked
from tests.tracking.mlflow_variables import OTHERS, TRIED


def test_what_becomes_of_each_variable_of_mlflow_is_on_the_list() -> None:
    """One that a release of MLflow brings fails here: it is to be tried, left out, or known as another's."""
    listed = [*variables.LEFT_OUT, *TRIED, *" ".join(OTHERS.values()).split()]
    module = vars(environment_variables).values()
    theirs = {each.name for each in module if isinstance(each, environment_variables._EnvironmentVariable)}
    assert theirs - set(listed) == set()
    assert set(listed) - theirs == set()
    assert len(listed) == len(set(listed))


def test_all_that_can_not_be_read_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by its name, its value and the reason; what can be read passes."""
    for name, value in TRIED.items():
        monkeypatch.setenv(name, value)
    checked.check()
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "soon")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "maybe")
    monkeypatch.setenv("MLFLOW_RUN_CONTEXT", "team")
    with pytest.raises(WrongValue) as caught:
        checked.check()
    assert sorted(caught.value.problems) == [
        "MLFLOW_ALLOW_FILE_STORE 'maybe': can't be read: must be one of ['true', 'false', '1', '0'] (case-insensitive)",
        "MLFLOW_HTTP_REQUEST_TIMEOUT 'soon': can't be read: invalid literal for int() with base 10: 'soon'",
        "MLFLOW_RUN_CONTEXT 'team': can't be read: Expecting value: line 1 column 1 (char 0)",
    ]
