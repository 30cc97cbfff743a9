"""Reading what a step wrote into a tag of a run: anybody may have changed it since, in MLflow's UI for one."""

import json
import re
from typing import Any, TypeVar

from mlflow.entities import Run

from steps.errors import WrongValue
from steps.names import Tag
from steps.tracking import whole

_T = TypeVar("_T")
_KINDS: dict[type, str] = {dict: "a JSON object", list: "a JSON list"}
_NUMBER = re.compile(r"-?[0-9]{1,18}")
# So much of a tag is shown.
_LONGEST = 60


def from_json(run: Run, tag: str, kind: type[_T], missing: str = "") -> _T:
    """Return a tag's JSON, an object or a list; of a run without the tag that of `missing`, if that is given.

    Of one that is too long for a tag, an artifact has it: see `whole`. Raises WrongValue, naming run and tag, for
    anything else.
    """
    text = whole.tag(run, tag) if tag in run.data.tags else missing
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, kind):
        raise wrong(run, tag, _KINDS[kind])
    return content


def whole_number(run: Run, tag: str) -> int:
    """Return the number that a tag holds. Raises WrongValue, naming run and tag, if it holds none."""
    text = run.data.tags.get(tag, "")
    if not _NUMBER.fullmatch(text):
        raise wrong(run, tag, "a whole number")
    return int(text)


def steps(run: Run) -> list[tuple[int, float]]:
    """Return what a pruner has seen of a run, none without the tag. Raises WrongValue, naming run and tag."""
    try:
        return [(int(step), float(value)) for step, value in from_json(run, Tag.REPORTED, list, "[]")]
    except (TypeError, ValueError, OverflowError) as error:
        raise wrong(run, Tag.REPORTED, "a JSON list of steps and values") from error


def wrong(run: Run, tag: str, allowed: str, got: Any = None) -> WrongValue:
    """Return the error that says what a tag must hold, and what it holds."""
    text = run.data.tags.get(tag, "nothing") if got is None else str(got)
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return WrongValue(
        f"run {run.info.run_id}: its tag {tag} must be {allowed}, as its study wrote it, and is {text!r}: it was "
        "changed since, so set it back, or give the study another name"
    )
