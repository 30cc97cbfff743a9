"""What is written to a study's parent run: what the study is, before its first child, and at its end the results."""

import json
from collections import Counter
from collections.abc import Sequence

from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from steps.backends.stage import Stage
from steps.names import Artifact, Metric, Role, Tag
from steps.project import environment
from steps.tracking import deleted, write
from steps.tuning.record import identity
from steps.tuning.record.warm_start import WarmStart
from steps.tuning.study_plan import StudyPlan
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.results import StudyResult
from steps.tuning.trials.trial import SETTLED


def write_opening(
    plan: StudyPlan, stage: Stage, study: str, parent: Run, past: WarmStart, earlier: Sequence[Run]
) -> None:
    """Write to the parent run what the study is, before its first child.

    The run of a study that goes on is called as its first one, unless somebody has named it.
    """
    run_id = parent.info.run_id
    tags = {
        Tag.STUDY: study,
        Tag.ROLE: Role.STUDY,
        Tag.SETTINGS: json.dumps(identity.settings_as_data(plan.settings)),
        Tag.IDENTITY: json.dumps(identity.as_data(plan)),
    }
    if stage.environment is not None:
        tags |= {Tag.PROJECT: plan.project.uri, **stage.tags}
        write.record_other_environment(run_id, stage.environment.description, stage.environment.declared)
    else:
        tags |= {Tag.ENVIRONMENT: environment.state(), Tag.ENVIRONMENT_SHA256: environment.digest()}
        write.record_environment(run_id)
    if plan.dataset:
        tags[Tag.DATA] = plan.dataset["sha256"]
        write.record_data(run_id, plan.dataset)
    if earlier:
        tags[Tag.CONTINUES] = ",".join(run.info.run_id for run in earlier)
        write.rename(parent, f"{earlier[0].info.run_name} (resumed {len(earlier)})")
    if plan.settings.warm_start is not None:
        MlflowClient().log_dict(run_id, past.as_dict(), Artifact.WARM_START)
    write.record(run_id, tags=tags)


def write_end(result: StudyResult, children: ChildRuns, run_id: str) -> None:
    """Write the results of a study to its parent run."""
    states = Counter(ended.outcome.state for ended in result.trials.values())
    metrics = [write.metric(Metric.trials_in(state.name), states[state]) for state in SETTLED.values()]
    tags = {Tag.STOPPED_BY: result.stopped_by}
    if len(children.objectives) > 1:
        for ended in result.best.values():
            with deleted.ignored(ended.run_id):
                write.record(ended.run_id, tags={Tag.PARETO: "true"})
    elif result.best:
        (best,) = result.best.values()
        tags |= {
            Tag.BEST_RUN: best.run_id,
            Tag.BEST_TRIAL: str(best.job.number),
            Tag.BEST_PARAMS: json.dumps(children.recorded(best.job)),
        }
        if best.job.estimator is not None:
            tags[Tag.ESTIMATOR] = best.job.estimator
    baselines = [ended.value for ended in result.baselines if ended.value is not None]
    if baselines:
        sign = children.objectives[0].sign
        metrics.append(write.metric(Metric.BASELINE, max(baselines, key=lambda value: sign * value)))
    write.record(run_id, metrics, tags)
