"""Settle what a power cut or a SIGKILL left RUNNING on the tracking server: runs of this project whose tuner is dead.

python -m steps.tuning.record.tidy      # on the server of MLFLOW_TRACKING_URI, in all experiments
"""

from mlflow.tracking import MlflowClient

from steps.names import Role, Tag
from steps.process.exit import exit_code
from steps.tracking import read, server_errors
from steps.tuning.record import leftovers, lock

# Studies; and those that were killed before they could say so, by what `mlflow run` wrote of them.
_PARENTS = (
    f"tags.`{Tag.ROLE}` = '{Role.STUDY}'",
    "tags.`mlflow.project.entryPoint` = 'tune' AND params.study LIKE '%'",
)


def main() -> int:
    """Settle them and say how many; return the exit code."""
    return exit_code("tidy", _tidy)


def _tidy() -> int:
    try:
        client = MlflowClient()
        experiments = [experiment.experiment_id for experiment in client.search_experiments()]
        studies = {
            run.info.run_id: run
            for known_by in _PARENTS
            for run in read.find_runs(experiments, f"attributes.status = 'RUNNING' AND {known_by}")
        }
        dead = {run.info.run_id for run in lock.with_dead_tuners(studies.values())}
        children = read.find_runs(experiments, f"attributes.status = 'RUNNING' AND tags.`{Tag.ROLE}` != '{Role.STUDY}'")
        # Of a parent that is not among those RUNNING, the tuner has ended.
        cut_off = [run for run in children if run.data.tags.get("mlflow.parentRunId") not in studies.keys() - dead]
        for run in cut_off:
            leftovers.settle(run)
        for run_id in dead:
            client.set_terminated(run_id, "KILLED")
    except Exception as error:
        if (told := server_errors.explain(error)) is not None:
            raise told from error
        raise
    print(f"Settled {len(dead)} studies and {len(cut_off)} of their trials.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
