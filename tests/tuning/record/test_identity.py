"""What makes a study the one that it is: by its parent run in a real database."""

import hashlib
import json
from dataclasses import asdict, replace
from typing import Any

import pytest
from mlflow.tracking import MlflowClient

from steps.errors import WrongValue
from steps.names import Tag
from steps.parameters import command_line
from steps.parameters.tune_settings import TuneSettings
from steps.project.environment import PROJECT
from steps.tuning import study_plan
from steps.tuning.entry_point import EntryPoint
from steps.tuning.record import identity, resume
from steps.tuning.tuned_project import TunedProject
from tests.tuning import fakes

DIFFERENT = [
    (["--seed", "7"], "seed 42, now 7"),
    (["--threads", "2", "--window", "8"], "threads 1, now 2; window 4, now 8"),
    (["--space", "knn"], "estimators"),
    (["--metric", "f1_macro"], "metric accuracy, now f1_macro"),
    (["--data", "iris"], "data "),
    (["--split", "random"], "split stratified, now random"),
    (["--repeats", "3"], "repeats 1, now 3"),
    (["--sampler", "random", "--pruner", "median"], "sampler tpe, now random; pruner none, now median:startup=5"),
    (["--reshuffle", "true"], "reshuffle False, now True"),
]


@pytest.mark.parametrize(("words", "problem"), DIFFERENT, ids=[words[1] for words, _ in DIFFERENT])
def test_another_study_of_that_name_is_refused(
    words: list[str], problem: str, planned: Any, client: MlflowClient, parent_run: str
) -> None:
    """Its differences are listed, and the ways on."""
    with pytest.raises(WrongValue) as caught:
        identity.check_same("mine", planned(*words), resume.earlier_parents("0", "mine", but=""))
    (message,) = caught.value.problems
    assert problem in message
    assert "give another name, or start from its trials with --warm_start" in message


def test_settings_that_are_not_given_are_taken_from_the_record(parent_run: str, client: MlflowClient) -> None:
    """And those that are given stand."""
    settings = command_line.read(["--study", "mine", "--n_trials", "9"], TuneSettings)
    taken = identity.take_from_record(settings, resume.earlier_parents("0", "mine", but=""))
    assert (taken.data, taken.folds, taken.n_trials, taken.study) == ("wine", 2, 9, "mine")


def test_a_record_of_before_that_says_none_is_the_same_study(
    parent_run: str, client: MlflowClient, wine: study_plan.StudyPlan
) -> None:
    """Where earlier versions had no pruner and nothing to drop, they wrote the text none; nothing differs by that."""
    for tag in (Tag.IDENTITY, Tag.SETTINGS):
        now = json.loads(client.get_run(parent_run).data.tags[tag])
        client.set_tag(parent_run, tag, json.dumps({**now, "pruner": "none", "drop": "none"}))
    earlier = resume.earlier_parents("0", "mine", but="")
    identity.check_same("mine", wine, earlier)
    assert identity.take_from_record(wine.settings, earlier) == wine.settings


def test_the_pruner_of_a_study_of_before_goes_on_as_it_was(
    parent_run: str, client: MlflowClient, planned: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its name alone meant no warm-up then: so it does where that is on record, whether it is given again or not."""
    old = "median:startup=5,warmup=0,interval=1"
    for tag in (Tag.IDENTITY, Tag.SETTINGS):
        now = json.loads(client.get_run(parent_run).data.tags[tag])
        client.set_tag(parent_run, tag, json.dumps({**now, "pruner": "median"}))
    earlier = resume.earlier_parents("0", "mine", but="")
    for words in ([], ["--pruner", "median"]):
        given = command_line.read(["--study", "mine", *words], TuneSettings)
        assert identity.take_from_record(given, earlier).pruner == old
        assert f", pruner {old}" in capsys.readouterr().err
    identity.check_same("mine", planned("--pruner", "median:warmup=0"), earlier)
    with pytest.raises(WrongValue, match=f"pruner {old}, now median:startup=5,warmup=2"):
        identity.check_same("mine", planned("--pruner", "median:warmup=2"), earlier)


@pytest.mark.parametrize("pruner", ["hyperband", "wilcoxon"])
def test_a_pruner_whose_meaning_has_not_changed_is_the_same(
    pruner: str, parent_run: str, client: MlflowClient, planned: Any
) -> None:
    """Earlier versions had its name alone on record."""
    now = json.loads(client.get_run(parent_run).data.tags[Tag.IDENTITY])
    client.set_tag(parent_run, Tag.IDENTITY, json.dumps({**now, "pruner": pruner}))
    identity.check_same("mine", planned("--pruner", pruner), resume.earlier_parents("0", "mine", but=""))


def test_a_constraint_makes_another_study(
    parent_run: str, client: MlflowClient, planned: Any, wine: study_plan.StudyPlan
) -> None:
    """A study without any is on record as those of earlier versions are; one with some goes on with them."""
    assert "constraint" not in identity.as_data(wine)
    earlier = resume.earlier_parents("0", "mine", but="")
    with pytest.raises(WrongValue, match=r"constraint none, now \['cpu_s<=9'\]"):
        identity.check_same("mine", planned("--constraint", "cpu_s <= 9"), earlier)
    bounded = planned("--constraint", "cpu_s<=9")
    client.set_tag(parent_run, Tag.SETTINGS, json.dumps(asdict(bounded.settings)))
    earlier = resume.earlier_parents("0", "mine", but="")
    assert identity.take_from_record(wine.settings, earlier).constraint == "cpu_s<=9"


def test_a_study_of_before_goes_on_without_learning_from_its_failures(
    parent_run: str, client: MlflowClient, wine: study_plan.StudyPlan
) -> None:
    """Its sampler was told of them as failed, and would draw otherwise; the next start of it finds that on record."""
    earlier = resume.earlier_parents("0", "mine", but="")
    assert identity.as_begun(wine, []).failures_teach
    assert identity.as_begun(wine, earlier).failures_teach
    before = {key: value for key, value in identity.as_data(wine).items() if key != "failures"}
    client.set_tag(parent_run, Tag.IDENTITY, json.dumps(before))
    earlier = resume.earlier_parents("0", "mine", but="")
    plan = identity.as_begun(wine, earlier)
    assert not plan.failures_teach
    identity.check_same("mine", plan, earlier)
    assert identity.as_data(plan) == before


def test_a_study_of_before_with_constraints_goes_on_as_it_was_told(
    parent_run: str, client: MlflowClient, planned: Any, wine: study_plan.StudyPlan
) -> None:
    """The first studies with constraints were told of a trial without a score as of one that breaks none."""
    assert "without a score" not in identity.as_data(wine)
    bounded = planned("--constraint", "cpu_s<=9")
    for key, breaks in (("", True), ("without a score", False)):
        on_record = {name: value for name, value in identity.as_data(bounded).items() if name != key}
        client.set_tag(parent_run, Tag.IDENTITY, json.dumps(on_record))
        earlier = resume.earlier_parents("0", "mine", but="")
        plan = identity.as_begun(bounded, earlier)
        assert (plan.no_score_breaks, plan.failures_teach) == (breaks, True)
        identity.check_same("mine", plan, earlier)
        assert identity.as_data(plan) == on_record


def test_a_record_of_before_that_lacks_a_setting_is_the_same_study(
    parent_run: str, client: MlflowClient, planned: Any, wine: study_plan.StudyPlan
) -> None:
    """What earlier versions did not have is on record as it was: without it. Asked for, it makes another study."""
    added = {"repeats", "reshuffle"}
    for tag in (Tag.IDENTITY, Tag.SETTINGS):
        now = json.loads(client.get_run(parent_run).data.tags[tag])
        assert added <= now.keys()
        client.set_tag(parent_run, tag, json.dumps({key: now[key] for key in now if key not in added}))
    earlier = resume.earlier_parents("0", "mine", but="")
    identity.check_same("mine", wine, earlier)
    assert identity.take_from_record(wine.settings, earlier) == wine.settings
    with pytest.raises(WrongValue, match="repeats 1, now 2"):
        identity.check_same("mine", planned("--repeats", "2"), earlier)


def test_a_study_of_train_is_the_same_with_the_default_given(
    planned: Any, client: MlflowClient, parent_run: str
) -> None:
    """Its trials are: they are given 42 either way."""
    identity.check_same("mine", planned("--seed", "42"), resume.earlier_parents("0", "mine", but=""))


def test_a_long_record_of_before_is_the_same_study(
    parent_run: str, client: MlflowClient, planned: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Earlier versions wrote digests of its largest parts where the whole was too long, which it may be by now."""
    names = ",".join(f"none of its columns {number}" for number in range(200))
    plan = planned("--space", "knn")
    now = json.loads(json.dumps(identity.as_data(plan)))
    for parts in ((), ("estimators", "space", "try")):
        digests = {part: hashlib.sha256(json.dumps(now[part]).encode()).hexdigest() for part in parts}
        client.set_tag(parent_run, Tag.IDENTITY, json.dumps(now | digests))
        earlier = resume.earlier_parents("0", "mine", but="")
        identity.check_same("mine", plan, earlier)
        with pytest.raises(WrongValue, match="space"):
            identity.check_same("mine", planned(), earlier)
    for tag in (Tag.IDENTITY, Tag.SETTINGS):  # as they were cut
        client.set_tag(parent_run, tag, json.dumps({"drop": names, "seed": 42})[-7_900:].rjust(7_900, "x"))
    earlier = resume.earlier_parents("0", "mine", but="")
    assert identity.take_from_record(plan.settings, earlier) == plan.settings
    assert "its settings were cut by an earlier version of this project: those" in capsys.readouterr().err
    with pytest.raises(WrongValue, match=r"run .* has cut its tag tuning.identity, which .*: give the"):
        identity.check_same("mine", plan, earlier)


def test_a_long_setting_that_differs_is_told_by_its_beginning(
    parent_run: str, client: MlflowClient, planned: Any
) -> None:
    """And by its digest, since two may begin alike."""
    plan = planned()
    client.set_tag(parent_run, Tag.IDENTITY, json.dumps(identity.as_data(plan) | {"drop": "x" * 7_000}))
    with pytest.raises(WrongValue, match=r"drop x{500}… \(7,000 characters, sha256 \w{12}\), now none"):
        identity.check_same("mine", plan, resume.earlier_parents("0", "mine", but=""))


# --- other entry points than train


def own_plan(**settings: Any) -> study_plan.StudyPlan:
    """The plan of a study of an entry point that has its own seed and data."""
    own = {"seed": "7", "data": "data/train.csv", "x": None}
    return replace(fakes.plan(**settings), entry=EntryPoint("own", own, runs_train=False))


def on_record(client: MlflowClient, settings: dict[str, Any], identity_: dict[str, Any]) -> list[Any]:
    tags = {Tag.STUDY: "mine", Tag.ROLE: "study"}
    client.create_run("0", tags={**tags, Tag.SETTINGS: json.dumps(settings), Tag.IDENTITY: json.dumps(identity_)})
    return resume.earlier_parents("0", "mine", but="")


def test_of_a_branch_that_has_moved_the_commit_on_record_is_named(client: MlflowClient) -> None:
    """Given as the version it goes on with the study; of another project's commit that is not said."""
    then, now = (
        replace(own_plan(), project=TunedProject("https://host/x", PROJECT, sign * 40, f"x at commit {sign * 40}"))
        for sign in "ab"
    )
    earlier = on_record(client, {}, identity.as_data(then))
    identity.check_same("mine", then, earlier)
    for plan, ways in (
        (now, f"give --version '{'a' * 40}', another name, or start"),
        (replace(now, project=replace(now.project, identity=f"y at commit {'b' * 40}")), "; give another name, or"),
        (replace(now, project=replace(now.project, identity="files b")), "; give another name, or"),
    ):
        with pytest.raises(WrongValue, match=ways):
            identity.check_same("mine", plan, earlier)


def test_nothing_of_train_is_on_record_of_another_entry_point() -> None:
    """Neither settings that no trial is given, nor estimators or folds; the seed and threads are the study's own."""
    plan = own_plan()
    settings, data = identity.settings_as_data(plan.settings), identity.as_data(plan)
    strange = {
        "data",
        "target",
        "drop",
        "split",
        "task",
        "metric",
        "folds",
        "test_size",
        "estimators",
        "rows of the folds",
    }
    assert not strange & {*settings, *data}
    assert (data["seed"], data["threads"], data["given"]) == (42, 1, None)
    given = own_plan(seed=42, data="mine.csv")
    assert {"seed", "data"} <= identity.settings_as_data(given.settings).keys()
    assert (identity.as_data(given)["given"], identity.as_data(given)["data"]) == ("data, seed", "mine.csv")


def test_a_seed_that_is_given_makes_another_study_of_another_entry_point(client: MlflowClient) -> None:
    """The search draws as before, but the trials no longer have their own seed."""
    earlier = on_record(client, identity.settings_as_data(own_plan().settings), identity.as_data(own_plan()))
    identity.check_same("mine", own_plan(), earlier)
    with pytest.raises(WrongValue, match="given none, now seed"):
        identity.check_same("mine", own_plan(seed=42), earlier)


def test_a_study_of_another_entry_point_goes_on_with_what_it_was_given(client: MlflowClient) -> None:
    """A later start need not say it again, and what was not given stays so."""
    first = own_plan(seed=9)
    earlier = on_record(client, identity.settings_as_data(first.settings), identity.as_data(first))
    taken = identity.take_from_record(TuneSettings(study="mine"), earlier)
    assert (taken.seed, taken.data, taken.entry_point) == (9, "auto", "own")
    identity.check_same("mine", replace(first, settings=taken), earlier)


def test_a_study_of_before_gives_its_trials_what_they_were_given(client: MlflowClient) -> None:
    """Earlier versions gave every setting to who declared it, and had all of them on record."""
    before = {
        "data": "iris", "target": "auto", "drop": "none", "split": "auto", "task": "auto", "metric": "auto",
        "folds": 5, "test_size": 0.2, "seed": 42, "threads": 1,
    }  # fmt: skip
    plan = own_plan()
    settings = {**identity.settings_as_data(plan.settings), **before}
    now = {key: value for key, value in identity.as_data(plan).items() if key != "given"}
    earlier = on_record(client, settings, {**now, **before, "rows of the folds": "", "estimators": [None]})
    taken = identity.take_from_record(TuneSettings(study="mine"), earlier)
    resumed = replace(plan, settings=taken)
    assert resumed.entry.shared(taken) == {"data": "iris", "seed": "42"}
    identity.check_same("mine", resumed, earlier)
    with pytest.raises(WrongValue, match=r"seed 42, now 1; data iris, now other\.csv;"):
        identity.check_same("mine", replace(plan, settings=replace(taken, seed=1, data="other.csv")), earlier)
