"""What a champion's run says of its model."""

import pytest

from steps.tracking import evaluation
from steps.tracking.evaluation import HeldOutEvaluation
from steps.tuning.report import champion_record
from steps.tuning.report.champion_record import ModelRecord
from tests.tracking import bucket


@pytest.fixture
def champion(client, tmp_path):
    """Make a run with an artifact evaluation.json of some content; None: without."""
    experiment = client.create_experiment("models", artifact_location=str(tmp_path / "artifacts"))

    def make(content):
        run = client.create_run(experiment)
        if content is not None:
            client.log_text(run.info.run_id, content, "evaluation.json")
        return run

    return make


def test_what_the_run_has_is_read(champion):
    """As it was written."""
    made = HeldOutEvaluation("regression", "r2", 7)
    assert champion_record.of_model(champion(evaluation.text(made))) == ModelRecord(made)


def test_of_a_run_that_says_nothing_nothing_is_told(champion):
    """No champion, and one of an entry point that logs no such thing."""
    assert champion_record.of_model(None) == champion_record.of_model(champion(None)) == ModelRecord()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"version":2,"task":"regression","metric":"r2","rows":7}', "version: Input should be 1"),
        ("a,b\n", "Invalid JSON: expected value at line 1 column 1"),
        (" " * 1_000_001, "it has more than 1,000,000 bytes"),
    ],
)
def test_what_can_t_be_read_has_a_reason(champion, content, problem):
    """One line; the report is written all the same."""
    assert champion_record.of_model(champion(content)) == ModelRecord(problem=problem)


def test_a_store_has_errors_of_its_own(client, monkeypatch):
    """They are a reason too."""
    assert champion_record.of_model(bucket.run_in(client, monkeypatch)) == ModelRecord(problem="AccessDenied")


def test_an_artifact_that_can_t_be_fetched_has_a_reason(champion, tmp_path):
    """Its file is no text."""
    run = champion("{}")
    (path,) = tmp_path.glob("artifacts/**/evaluation.json")
    path.write_bytes(b"\xff\xfe")
    assert "can't decode byte 0xff" in champion_record.of_model(run).problem
