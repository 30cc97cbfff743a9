"""What a study's parent run gets: at its opening what it is, at its end what it has found."""

import json
from collections import Counter
from collections.abc import Sequence

from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from optuna.trial import TrialState

from steps import names
from steps.project import environment
from steps.tracking import write
from steps.tuning.record import resume, warm_start
from steps.tuning.record.warm_start import Past
from steps.tuning.search import objective
from steps.tuning.study_plan import Plan
from steps.tuning.trials.child_runs import Children
from steps.tuning.trials.results import Result


def write_opening(plan: Plan, study: str, run_id: str, past: Past, earlier: Sequence[Run]) -> None:
    """Write to the parent run what is known before the first child."""
    tags = {
        names.STUDY: study,
        names.ROLE: "study",
        names.SETTINGS: json.dumps(plan.values),
        names.IDENTITY: json.dumps(resume.identity(plan)),
        names.ENVIRONMENT: environment.state(),
        names.ENVIRONMENT_DIGEST: environment.digest(),
    }
    write.record_environment(run_id)
    if plan.dataset:
        tags[names.DATA] = plan.dataset["sha256"]
        write.record_data(run_id, plan.dataset)
    if earlier:
        tags[names.CONTINUES] = ",".join(run.info.run_id for run in earlier)
    if plan.values["warm_start"] != warm_start.NONE:
        MlflowClient().log_dict(run_id, past.as_dict(), warm_start.FILE)
    write.record(run_id, tags=tags)


def write_end(result: Result, children: Children, run_id: str) -> None:
    """Write the end of a study to its parent run."""
    states = Counter(ended.outcome.state for ended in result.trials.values())
    counted = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
    metrics = [write.metric(names.trials_in(state.name), states[state]) for state in counted]
    tags = {names.STOPPED_BY: result.stopped_by}
    if len(children.objectives) > 1:
        for ended in result.best.values():
            write.record(ended.run_id, tags={names.PARETO: "true"})
    elif result.best:
        (best,) = result.best.values()
        tags |= {
            names.BEST_RUN: best.run_id,
            names.BEST_TRIAL: str(best.job.number),
            names.BEST_PARAMS: json.dumps(children.recorded(best.job)),
        }
        if best.job.estimator is not None:
            tags[names.ESTIMATOR] = best.job.estimator
    baselines = [ended.value for ended in result.baselines if ended.value is not None]
    if baselines:
        pick = max if children.objectives[0].direction == objective.MAXIMIZE else min
        metrics.append(write.metric(names.BASELINE, pick(baselines)))
    write.record(run_id, metrics, tags)
