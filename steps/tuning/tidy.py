"""Settle what a power cut or a SIGKILL left RUNNING on the tracking server: runs of this project whose tuner is dead.

python -m steps.tuning.tidy      # on the server of MLFLOW_TRACKING_URI, in all experiments
"""

from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from steps import names, tracking
from steps.errors import exit_code
from steps.tuning import claim


def main() -> int:
    """Settle them and say which."""
    return exit_code("tidy", _tidy)


def _tidy() -> int:
    client = MlflowClient()
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    running = f"attributes.status = 'RUNNING' AND tags.`{names.ROLE}` "
    dead = claim.dead(_all(client, experiments, f"{running} = 'study'"))
    parents: dict[str, bool] = {run.info.run_id: True for run in dead}
    settled = 0
    for child in _all(client, experiments, f"{running} != 'study'"):
        parent = child.data.tags.get("mlflow.parentRunId")
        if parent is None:
            continue
        if parent not in parents:  # it has ended, or it is at work
            found = client.get_run(parent)
            parents[parent] = found.info.status != "RUNNING"
        if parents[parent]:
            settle(child)
            settled += 1
    for run in dead:
        client.set_terminated(run.info.run_id, "KILLED")
    print(f"Settled {len(dead)} studies and {settled} of their trials.")
    return 0


def settle(run: Run) -> None:
    """Write that a child was cut off: KILLED, and counted nowhere."""
    if names.STATE not in run.data.tags:
        tracking.record(run.info.run_id, tags={names.STATE: names.STOPPED})
    MlflowClient().set_terminated(run.info.run_id, "KILLED")


def _all(client: MlflowClient, experiments: list[str], what: str) -> list[Run]:
    found: list[Run] = []
    token: str | None = ""
    while token is not None:
        page = client.search_runs(experiments, what, max_results=1000, page_token=token or None)
        found += list(page)
        token = page.token or None
    return found


if __name__ == "__main__":
    raise SystemExit(main())
