"""The tags that a child's run has from its first moment, by which it can be told apart however early it is cut off."""

import json
from collections.abc import Mapping
from typing import Any

from steps.names import Role, Tag
from steps.tuning.trials.trial import Job


def of(job: Job, study: str, recorded: Mapping[str, Any], command: str) -> dict[str, str]:
    """Return the tags of a child of a study; `recorded` are its typed hyperparameters, `command` is what repeats it."""
    tags = {
        Tag.STUDY: study,
        Tag.ROLE: job.role or (Role.BASELINE if job.number is None else Role.TRIAL),
        Tag.PARAMS: json.dumps(recorded),
        Tag.REPRODUCE: command,
    }
    if job.estimator is not None:
        tags[Tag.ESTIMATOR] = job.estimator
    if job.number is not None:
        tags |= {Tag.TRIAL: str(job.number), **({} if job.rung is None else job.rung.tags)}
    return tags
