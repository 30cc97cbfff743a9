from dataclasses import replace

import pytest

from steps.parameters import command_line
from steps.parameters.tune_settings import TuneSettings
from steps.training.run_plan import describe
from steps.tuning import study_plan, wiring
from steps.tuning.checks.capacity import Belongings
from steps.tuning.report import dry_run
from steps.tuning.search.search import Search
from steps.tuning.tuned_project import this_project
from tests.tuning import fakes


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--sampler", "random", "--n_trials", "7"], 7),  # looks at no score
        (["--sampler", "qmc"], dry_run.MOST),
        (["--sampler", "tpe", "--window", "1"], 10),  # its start-up draws
        (["--sampler", "tpe", "--window", "4"], 13),  # and those that are asked before it was told ten
    ],
)
def test_the_trials_that_no_score_has_a_say_in_are_shown(words: list[str], shown: int) -> None:
    """As many first trials are shown as don't depend on scores, and the search makes the same."""
    planned = study_plan.make(command_line.read(words, TuneSettings), this_project(), describe)
    settings = planned.settings

    def search() -> Search:
        return Search(planned.space, sampler=settings.sampler, seed=settings.shared.seed, window=settings.window)

    jobs = dry_run.first_trials(planned, search)
    assert [job.number for job in jobs] == list(range(shown))
    assert jobs[0] == planned.job(*search().ask())


@pytest.mark.parametrize(("text", "shown"), [(fakes.NUMBERS, 6), ("x: {type: int, low: 0, high: 1}\n", 6)])
def test_trials_that_are_promoted_are_shown_until_the_first_promotion(text, shown):
    """With the least of their budget: which one gets more is up to their scores."""
    planned = fakes.plan(text, fidelity="epochs:1..9:3")
    jobs = dry_run.first_trials(planned, lambda: wiring.make_search(planned, ()))
    assert [(job.number, job.hyperparameters["epochs"]) for job in jobs] == [(number, 1) for number in range(shown)]


def test_the_places_of_trials_are_shown(monkeypatch, tmp_path):
    """How many trials run at a time, the devices of each, and the names of what else it has, without their values."""
    (tmp_path / "places").write_text("LICENCE=secret\nLICENCE=another PORT=8001\nLICENCE=third\n")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,3")
    words = ["--gpus", "1", "--places", str(tmp_path / "places"), "--window", "2"]
    planned = study_plan.make(command_line.read(words, TuneSettings), this_project(), describe)
    assert dry_run.places(planned) == [
        "Trials at a time: 2, each with a free port from 20000 on in TUNING_PORT",
        "  place 0: device 0; LICENCE",
        "  place 1: device 1; LICENCE; PORT",
    ]
    assert dry_run.places(replace(planned, jobs=1, places=[Belongings()])) == [
        "Trials at a time: 1, each with a free port from 20000 on in TUNING_PORT"
    ]
