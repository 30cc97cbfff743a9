"""Texts that may be too long for a tag or a parameter: an artifact has them whole, the tag their digest.

MLflow cuts what is too long without a word. What may have been cut is never read as if it were whole: a tag or a
parameter without its artifact, as earlier versions and MLflow itself leave it, is refused.
"""

import hashlib
import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from steps.errors import WrongValue
from steps.names import Artifact, Tag
from steps.tracking import artifact_store

TAG_LENGTH = 7_900  # characters; MLflow takes 8,000
_CUT = (TAG_LENGTH, 8_000)
PARAMETER_LENGTH = 6_000  # characters; what MLflow keeps of a longer parameter
# The tags that are read again. Any other is for people, who can do without its beginning.
_READ_AGAIN = (Tag.SETTINGS, Tag.IDENTITY, Tag.PARAMS, Tag.CONTINUES, Tag.BEST_PARAMS, Tag.CONFIRMED)
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


def in_tag(text: str) -> str:
    """Return what a tag has of a text: all of it or, if it is too long, its digest.

    >>> in_tag("{}"), in_tag("x" * 9000)[:7], len(in_tag("x" * 9000))
    ('{}', 'sha256:', 71)
    """
    return text if len(text) < TAG_LENGTH else f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def split_tags(tags: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return tags as a run can have them, and the texts of artifacts, by path, that go with them.

    Of a long tag that nobody reads again, the end stays.
    """
    short = {name: in_tag(text) if name in _READ_AGAIN else text[-TAG_LENGTH:] for name, text in tags.items()}
    return short, {_artifact(name): text for name, text in tags.items() if short[name] != text and name in _READ_AGAIN}


def split_parameters(words: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return parameters as MLflow keeps them, and the texts of artifacts, by path, that go with them."""
    long = {name: word for name, word in words.items() if len(word) >= PARAMETER_LENGTH}
    short = {name: word[:PARAMETER_LENGTH] for name, word in words.items()}
    return short, {Artifact.PARAMETERS: json.dumps(long, ensure_ascii=False)} if long else {}


def keep(run_id: str, artifacts: Mapping[str, str]) -> None:
    """Write the texts of artifacts, as the functions above return them, to a run."""
    for path, text in artifacts.items():
        MlflowClient().log_text(run_id, text, path)


def keep_parameters(run_id: str, parameters: Mapping[str, str]) -> None:
    """Write to a run those parameters whole that MLflow has cut when it logged them, quoted for a shell."""
    keep(run_id, split_parameters({name: shlex.quote(word) for name, word in parameters.items()})[1])


def tag(run: Run, name: str) -> str:
    """Return the whole text of a tag that a run has. Raises WrongValue if it is not on record whole."""
    text = run.data.tags[name]
    if is_cut(run, name):
        raise WrongValue(
            f"run {run.info.run_id}: an earlier version of this project has cut its tag {name}, which can't be read: "
            "give the study another name"
        )
    digest = _DIGEST.fullmatch(text)
    if digest is None:
        return text
    whole = _read(run, _artifact(name))
    if hashlib.sha256(whole.encode()).hexdigest() != digest[1]:
        raise WrongValue(f"run {run.info.run_id}: its artifact {_artifact(name)} is another than its tag {name} says")
    return whole


def is_cut(run: Run, name: str) -> bool:
    """Tell whether a tag may have been cut, by an earlier version of this project or by MLflow."""
    return len(run.data.tags.get(name, "")) in _CUT


def parameters(run: Run) -> dict[str, str]:
    """Return the whole words of a run's parameters. Raises WrongValue if one is not on record whole."""
    words = dict(run.data.params)
    long = sorted(name for name, word in words.items() if len(word) >= PARAMETER_LENGTH)
    if not long:
        return words
    try:
        whole: dict[str, Any] = json.loads(_read(run, Artifact.PARAMETERS))
    except WrongValue:
        whole = {}
    for name in long:
        if not str(whole.get(name, "")).startswith(words[name]):
            raise WrongValue(
                f"run {run.info.run_id}: its parameter {name!r} is on record only in part: MLflow keeps the first "
                f"{PARAMETER_LENGTH:,} characters, and there is no {Artifact.PARAMETERS} with the rest"
            )
        words[name] = whole[name]
    return words


def _artifact(tag: str) -> str:
    return f"{Artifact.TAGS}/{tag}.txt"


def _read(run: Run, path: str) -> str:
    try:
        return artifact_store.text(run.info.run_id, path)
    except OSError as error:
        reason = " ".join(str(error).split())[:300]
        raise WrongValue(f"run {run.info.run_id}: can't read its artifact {path}: {reason}") from error
