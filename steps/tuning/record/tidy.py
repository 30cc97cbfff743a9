"""Settle the runs of this project that a power cut or a SIGKILL left RUNNING on the tracking server.

python -m steps.tuning.record.tidy      # on the server of MLFLOW_TRACKING_URI, in all experiments
"""

from mlflow.tracking import MlflowClient

from steps.names import Role, Tag
from steps.process.exit import exit_code
from steps.tracking import read, server_errors
from steps.tuning.record import leftovers, lock

# Parent runs of studies. A tuner that was killed before it wrote its tags is known by what `mlflow run` wrote.
_PARENTS = (
    f"tags.`{Tag.ROLE}` = '{Role.STUDY}'",
    "tags.`mlflow.project.entryPoint` = 'tune' AND params.study LIKE '%'",
)


def main() -> int:
    """Settle the runs whose tuner is dead, print how many, and return the exit code."""
    return exit_code("tidy", _tidy)


def _tidy() -> int:
    try:
        client = MlflowClient()
        experiments = [experiment.experiment_id for experiment in client.search_experiments()]
        studies = {
            run.info.run_id: run
            for condition in _PARENTS
            for run in read.find_runs(experiments, f"attributes.status = 'RUNNING' AND {condition}")
        }
        dead = {run.info.run_id for run in lock.with_dead_tuners(studies.values())}
        children = read.find_runs(experiments, f"attributes.status = 'RUNNING' AND tags.`{Tag.ROLE}` != '{Role.STUDY}'")
        # If the parent is not RUNNING, its tuner has ended.
        cut_off = [run for run in children if run.data.tags.get("mlflow.parentRunId") not in studies.keys() - dead]
        for run in cut_off:
            leftovers.settle(run)
        for run_id in dead:
            client.set_terminated(run_id, "KILLED")
    except Exception as error:
        if (explained := server_errors.explain(error)) is not None:
            raise explained from error
        raise
    print(f"Settled {len(dead)} studies and {len(cut_off)} of their trials.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
