"""A study beside the earlier ones of its experiment."""

import json
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from steps.tuning.record import identity
from steps.tuning.report import build, earlier_studies, load_study, page


@pytest.fixture
def earlier(client):
    """Write the parent run of an earlier study: of a plan, with a best score."""

    def write(name, plan, score, failed=0, metrics=MappingProxyType({}), **more):
        settings = json.dumps(identity.settings_as_data(plan.settings))
        tags = {"tuning.study": name, "tuning.role": "study", "tuning.settings": settings}
        tags["tuning.identity"] = json.dumps(identity.as_data(plan))
        tags |= more
        run_id = client.create_run("0", start_time=1_600_000_000_000, tags=tags).info.run_id
        states = {"trials_complete": 8.0, "trials_pruned": 0.0, "trials_fail": float(failed)}
        for key, value in {"best_cv_accuracy": score, "test_accuracy": 0.9, **states, **metrics}.items():
            client.log_metric(run_id, key, value)
        client.set_terminated(run_id, "FINISHED", end_time=1_600_000_060_000)

    return write


def load(record, plan, **tags):
    rows: list[Any] = [("COMPLETE", 50 + number, 0.9 + number / 1000, {}) for number in range(3)]
    return load_study.load(plan, "shown", record(rows, **tags))


def test_studies_of_the_same_objective_and_data_are_compared(record, make_plan, earlier):
    """The best first, with this one among them: score, held-out score, cost, and what they were given otherwise."""
    earlier("better", make_plan(sampler="random", space="max_depth=1..9"), 0.95, failed=2)
    earlier("worse", make_plan(), 0.8)
    earlier("other data", make_plan(data="wine"), 0.99)
    earlier("other objective", make_plan(objective="fit_time_s"), 0.99)
    found = earlier_studies.find(load(record, make_plan()))
    assert [line.name for line in found.lines] == ["better", "shown", "worse"]
    better, this, worse = found.lines
    assert (better.score, better.held_out, better.trials, better.failed, better.seconds) == (0.95, 0.9, 10, 2, 60.0)
    assert better.differs == "sampler random, space max_depth=1..9"
    assert (this.is_this, this.score, this.trials, this.differs) == (True, 0.902, 3, "")
    assert worse.differs == ""
    assert sorted(found.others) == ["other data", "other objective"]


def test_less_is_better_where_the_objective_is_minimized(record, make_plan, earlier):
    """The order goes by its direction."""
    plan = make_plan(direction="minimize")
    earlier("more", plan, 0.95)
    assert [line.name for line in earlier_studies.find(load(record, plan)).lines] == ["shown", "more"]


@pytest.mark.parametrize(
    ("metrics", "tags", "seconds"),
    [
        ({}, {}, 60.0),
        ({"search_s": 300.0}, {}, 300.0),
        ({"search_s": 300.0}, {"tuning.continues": "0"}, 300.0),
        ({}, {"tuning.continues": "0"}, None),
    ],
)
def test_a_study_took_the_time_of_all_its_starts(record, make_plan, earlier, metrics, tags, seconds):
    """As its own page has it; where it had none, a start is the study if it is the only one."""
    plan = make_plan()
    earlier("earlier", plan, 0.99, metrics=metrics, **tags)
    assert earlier_studies.find(load(record, plan)).lines[0].seconds == seconds


def test_a_study_s_report_notes_its_time(record, make_plan, client, monkeypatch):
    """For the pages of later studies: the seconds in which a trial ran, in the study's run."""
    monkeypatch.setattr(page, "html", lambda *_: "")  # its charts take seconds
    run_id = record([("COMPLETE", 50 + number, 0.9, {}) for number in range(3)])
    build.build(make_plan(), "shown", run_id, final=False)
    assert client.get_run(run_id).data.metrics["search_s"] == 3.5


def test_a_study_that_is_alone_has_no_such_section(record, make_plan):
    """Neither its own earlier starts nor runs that were refused count."""
    load(record, make_plan())
    found = earlier_studies.find(load(record, make_plan()))
    assert (found.lines, found.others) == ([], [])


def test_of_many_studies_the_newest_are_read_in_one_request(record, make_plan, earlier, client, monkeypatch):
    """However many the experiment has."""
    plan = make_plan()
    for number in range(earlier_studies.MOST + 5):
        earlier(f"study {number}", plan, number / 100)
    loaded = load(record, plan)
    asked: list[int] = []
    search = type(client).search_runs

    def search_runs(*words, **options):
        asked.append(options["max_results"])
        return search(*words, **options)

    monkeypatch.setattr(type(client), "search_runs", search_runs)
    found = earlier_studies.find(loaded)
    assert len(found.lines) == earlier_studies.MOST + 1
    assert asked == [60]


def test_what_an_earlier_version_did_not_record_is_left_open(record, make_plan, client):
    """A study that was killed has no counts, and no end."""
    plan = make_plan()
    tags = {"tuning.study": "killed", "tuning.role": "study", "tuning.identity": json.dumps(identity.as_data(plan))}
    client.create_run("0", start_time=1_600_000_000_000, tags=tags)
    killed = next(line for line in earlier_studies.find(load(record, plan)).lines if line.name == "killed")
    assert (killed.score, killed.trials, killed.failed, killed.seconds) == (None, None, None, None)
    assert replace(killed, start=0).is_this is False
