import pytest
from mlflow.tracking import MlflowClient

from steps.tracking import read


@pytest.mark.parametrize(
    ("recorded", "plain"),
    [("plain", "plain"), ("'two words'", "two words"), ("''", ""), ("two words", "two words"), ("it's", "it's")],
)
def test_only_what_was_quoted_is_unquoted(recorded: str, plain: str) -> None:
    """A run may log parameters of its own, which nobody quotes: an open quote or several words stay as they are."""
    assert read._unquoted(recorded) == plain


def test_all_runs_are_found_however_many_a_page_has(client: MlflowClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """More runs than a page holds are all there, once each; a condition leaves some out."""
    monkeypatch.setattr(read, "_PAGE", 2)
    made = [client.create_run("0", tags={"odd": str(number % 2)}).info.run_id for number in range(5)]
    assert sorted(run.info.run_id for run in read.find_runs(["0"])) == sorted(made)
    assert sorted(run.info.run_id for run in read.find_runs(["0"], "tags.odd = '1'")) == sorted(made[1::2])
