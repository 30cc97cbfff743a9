"""A child whose run is deleted as it is launched: real runs in a real database."""

import pytest
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from steps.names import Role, Tag
from steps.tuning.trials import launching


class Deleted:
    """Children of which the first few are deleted before they are written to."""

    def __init__(self, client: MlflowClient, times: int, role: str = Role.TRIAL):
        self.client, self.times, self.role, self.launched = client, times, role, 0

    def launch(self, job, place, *, retry_of=None):
        self.launched += 1
        run_id = self.client.create_run("0", tags={Tag.ROLE: self.role}).info.run_id
        if self.launched <= self.times:
            self.client.delete_run(run_id)
        self.client.log_param(run_id, "a", job)
        return run_id


def test_it_is_launched_anew(client: MlflowClient) -> None:
    """With the same job; the run that is returned is the one that is left."""
    children = Deleted(client, times=2)
    run_id = launching.launch(children, "job", "place")  # type: ignore[arg-type]
    assert client.get_run(str(run_id)).data.params == {"a": "job"}
    assert children.launched == 3


@pytest.mark.parametrize(("times", "role", "launched"), [(99, Role.TRIAL, 5), (1, Role.STUDY, 1)])
def test_there_is_an_end_to_it(client: MlflowClient, times: int, role: str, launched: int) -> None:
    """After some in a row; and where the study's own run is deleted, at once."""
    children = Deleted(client, times, role)
    with pytest.raises(MlflowException, match="must be in the 'active' state"):
        launching.launch(children, "job", "place")  # type: ignore[arg-type]
    assert children.launched == launched
