from steps.tuning.trials.baselines import Baselines
from steps.tuning.trials.trial import Job

JOBS = [Job(None, path, {}) for path in ("a", "b", "c")]


def test_each_follows_a_trial():
    """In their order: the first when one trial has begun, the second when two have; or at once."""
    baselines = Baselines(JOBS)
    assert [baselines.next(trials) for trials in (0, 1, 1, 2)] == [None, JOBS[0], None, JOBS[1]]
    assert baselines.next(2, at_once=True) == JOBS[2]
    assert not baselines
    assert baselines.next(9, at_once=True) is None


def test_one_that_is_known_has_begun():
    """A study that goes on has its next baseline after as many trials as one that nobody has disturbed."""
    baselines = Baselines(JOBS)
    baselines.drop(lambda job: job != JOBS[2])
    assert [baselines.next(trials) for trials in (1, 2, 3)] == [None, None, JOBS[2]]
