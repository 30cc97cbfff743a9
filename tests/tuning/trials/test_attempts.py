"""What a trial's earlier attempts logged before the step from which the next one went on."""

import pytest
from mlflow.entities import Metric

from steps.tuning.trials.attempts import Attempts


def logged(*steps: int, value: float = 0.0) -> list[Metric]:
    return [Metric("loss", value, 1000, step) for step in steps]


CHAINS = [
    # What each attempt logged, the first one first, and what the last one goes on from.
    ([(1, 2, 3), (4, 5)], [1, 2, 3]),
    ([(1, 2, 3), (3, 4)], [1, 2]),  # its checkpoint was older than what it had logged
    ([(1, 2), (1, 2, 3)], []),  # it began anew
    ([(0,), (0,)], []),  # whoever numbers no step
    ([(1, 2), (3, 4), (5,)], [1, 2, 3, 4]),
    ([(1, 2), (), (3,)], [1, 2]),  # one died before its first step
    ([(1, 2, 3), (4, 5), (2, 3)], [1]),
    ([(1, 2, 3), (1, 2), (3,)], [1, 2]),  # the second began anew: what it logged counts
    ([(1, 2), ()], [1, 2]),
]


@pytest.mark.parametrize(("chain", "expected"), CHAINS)
def test_earlier_steps_count_below_the_first_step_of_the_next_attempt(chain, expected):
    """Of each step the newest attempt that has it; the order of the steps is that of the attempts."""
    names = [f"run {number}" for number in range(len(chain))]
    runs = {name: logged(*steps, value=number) for number, (name, steps) in enumerate(zip(names, chain, strict=True))}
    attempts = Attempts(dict(zip(names[1:], names, strict=False)))
    found = attempts.earlier(names[-1], "loss", runs[names[-1]], lambda run_id, _: runs[run_id])
    assert sorted(one.step for one in found) == expected
    newest = {one.step: one.value for name in names[:-1] for one in runs[name] if one.step in expected}
    assert {one.step: one.value for one in found} == newest


def test_an_attempt_that_has_ended_is_read_once():
    """A pruner looks several times a second. A trial that was not run again has none before."""
    reads = []

    def read(*key: str) -> list[Metric]:
        reads.append(key)
        return logged(1, 2)

    attempts = Attempts({"new": "old"})
    for own in ((), (3,), (3, 4)):
        assert len(attempts.earlier("new", "loss", logged(*own), read)) == 2
    assert attempts.earlier("other", "loss", logged(1), read) == []
    assert reads == [("old", "loss")]
