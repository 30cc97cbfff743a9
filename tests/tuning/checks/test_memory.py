import json

import pytest

from steps.errors import WrongValue
from steps.parameters.tune_settings import TuneSettings
from steps.process.free_memory import Memory
from steps.tuning.checks import memory
from steps.tuning.checks.memory import MB

PLENTY = Memory(10**15, 10**15)


def check(dataset, memory_of_process, jobs=4, **settings):
    memory.check(TuneSettings(**settings), jobs, dataset, memory_of_process)


def table(megabytes):
    """What is recorded of a table of numbers that takes so much."""
    return {"profile": json.dumps({"num_elements": megabytes * MB // 8})}


def lines(capsys):
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


@pytest.mark.parametrize("backend", ["warm", "local"])
@pytest.mark.parametrize("data", [{}, table(100)])
def test_where_there_is_enough_nothing_is_said(backend, data, capsys):
    """With memory to spare, and where nobody knows how much there is."""
    check(data, PLENTY, backend=backend)
    check(data, None, backend=backend)
    assert lines(capsys) == []


@pytest.mark.parametrize(
    ("settings", "need"),
    [
        ({}, 4 * 130),
        ({"jobs": 2}, 2 * 130),
        ({"jobs": 64}, 4 * 130),  # the window
        ({"jobs": 64, "window": 64, "n_trials": 3}, 3 * 130),
        ({"jobs": 2, "backend": "local"}, 2 * 600),
    ],
)
def test_too_little_available_is_one_warning(settings, need, capsys):
    """The trials that run at a time, what they may need and what there is; a byte more, and there is no warning."""
    check(table(100), Memory(need * MB, 10**15), **settings)
    assert lines(capsys) == []
    check(table(100), Memory(need * MB - 1, 10**15), **settings)
    (line,) = lines(capsys)
    assert line.startswith(f"tune: --jobs {settings.get('jobs', 4)}: ")
    assert f"may need {need} MB" in line
    assert ("--backend 'warm'" in line) == (settings.get("backend") == "local")


@pytest.mark.parametrize(("backend", "least"), [("warm", 4 * 15), ("local", 4 * 250)])
def test_too_little_in_all_is_refused(backend, least, capsys):
    """If half of what is expected is more than the whole machine has, the study does not start."""
    check(table(100), Memory(10**15, least * MB), backend=backend)
    with pytest.raises(WrongValue) as caught:
        check(table(100), Memory(10**15, least * MB - 1), backend=backend)
    (problem,) = caught.value.problems
    assert f"need at least {least} MB" in problem
    assert "give fewer --jobs" in problem
    assert lines(capsys) == []


def test_another_backend_has_memory_of_its_own(capsys):
    """What a cluster has is not looked at."""
    check(table(100), Memory(0, 0), backend="databricks")
    assert lines(capsys) == []
