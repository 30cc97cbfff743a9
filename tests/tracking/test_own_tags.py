"""Tags as a study wrote them, and as somebody has changed them."""

from collections.abc import Callable
from typing import Any

import pytest

from steps.errors import WrongValue
from steps.names import Tag
from steps.tracking import own_tags
from tests.tuning import fakes


def test_a_tag_is_read_as_it_was_written() -> None:
    """An object, a number, the steps that a pruner has seen; of a run without the tag what is given for that."""
    run = fakes.run_of("r", {Tag.PARAMS: '{"x": 1}', Tag.TRIAL: "7", Tag.PRUNED_AT: "-1", Tag.REPORTED: "[[0, 0.5]]"})
    assert own_tags.from_json(run, Tag.PARAMS, dict) == {"x": 1}
    assert own_tags.from_json(run, Tag.IDENTITY, dict, "{}") == {}
    assert (own_tags.whole_number(run, Tag.TRIAL), own_tags.whole_number(run, Tag.PRUNED_AT)) == (7, -1)
    assert own_tags.steps(run) == [(0, 0.5)]
    assert own_tags.steps(fakes.run_of("r", {})) == []


CHANGED: list[tuple[str, str, Callable[..., Any]]] = [
    (Tag.PARAMS, "{", lambda run: own_tags.from_json(run, Tag.PARAMS, dict)),
    (Tag.PARAMS, "[1]", lambda run: own_tags.from_json(run, Tag.PARAMS, dict)),
    (Tag.PARAMS, "[" * 100_000, lambda run: own_tags.from_json(run, Tag.PARAMS, dict)),
    (Tag.TRIAL, "³", lambda run: own_tags.whole_number(run, Tag.TRIAL)),
    (Tag.TRIAL, "", lambda run: own_tags.whole_number(run, Tag.TRIAL)),
    (Tag.REPORTED, "[[1]]", own_tags.steps),
    (Tag.REPORTED, '[["a", 1]]', own_tags.steps),
    (Tag.REPORTED, "[[1e999, 1]]", own_tags.steps),
]


@pytest.mark.parametrize(("tag", "text", "read"), CHANGED)
def test_a_tag_that_was_changed_is_named_with_its_run(tag: str, text: str, read: Callable[..., Any]) -> None:
    """And with what it must be: in one line of a bounded length."""
    with pytest.raises(WrongValue) as caught:
        read(fakes.run_of("r1", {tag: text}))
    (problem,) = caught.value.problems
    assert problem.startswith(f"run r1: its tag {tag} must be a ")
    assert len(problem) < 400
