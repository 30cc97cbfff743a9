"""The title of a study, its settings and its space, as the page has them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from steps.tuning.entry_point import EntryPoint
from steps.tuning.report import load_study, study_facts
from steps.tuning.tuned_project import TunedProject
from tests.tuning import fakes

SVC = "sklearn.preprocessing.StandardScaler+sklearn.svm.SVC"


def load(record, plan, what=(), **tags):
    return load_study.load(plan, "shown", record(list(what), **tags))


def test_the_title_has_data_and_estimator(record, make_plan):
    """Of several estimators the best trial's; of a path the last part."""
    assert study_facts.title(load(record, make_plan())) == "iris: RandomForestClassifier"
    many = make_plan(space="automl", data="wine")
    assert study_facts.title(load(record, many)) == "wine: 6 estimators"
    of_svc: Any = ("COMPLETE", 1, 0.9, {"tuning.params": f'{{"estimator": "{SVC}", "svc__C": 0.25}}'})
    assert study_facts.title(load(record, many, [of_svc])) == "wine: StandardScaler + SVC"
    assert study_facts.subtitle(load(record, many)) == "the best of 6 estimators"
    assert study_facts.subtitle(load(record, make_plan())) == ""
    remote = replace(many, settings=replace(many.settings, data="https://host/some/customers.csv?version=3"))
    assert study_facts.title(load(record, remote)).startswith("customers.csv: StandardScaler")


def test_the_title_of_another_entry_point_names_it(record):
    """A script by its name, of another project with that; nothing of data or estimators."""
    plan = replace(fakes.plan(), entry=EntryPoint("scripts/fit.py", {}, runs_train=False, is_script=True))
    assert study_facts.title(load(record, plan)) == "fit.py"
    theirs = TunedProject("https://host/theirs", Path(), "f" * 40, "https://host/theirs at commit fff")
    assert study_facts.title(load(record, replace(plan, project=theirs))) == "fit.py of theirs"


def test_the_settings_have_the_size_of_the_data(record, make_plan):
    """Rows and columns, and as much of the digest as tells it from others."""
    settings = study_facts.settings(load(record, make_plan(), **{"mlflow.source.git.commit": "c0ffee"}))
    assert settings["Data"].startswith("iris, 150 rows of 5 columns, sha256 ")
    assert len(settings["Data"].rpartition(" ")[2]) == 12
    assert settings["Objective"] == "maximize cv_accuracy"
    assert settings["Code"] == "commit c0ffee"
    dirty = study_facts.settings(load(record, make_plan(), **{"tuning.git_dirty": "true"}))
    assert dirty["Code"].endswith("with changes that were not committed (git.diff)")


def test_the_space_is_told_by_estimator(make_plan):
    """So no name is repeated for each hyperparameter; with one estimator there are no groups."""
    space = study_facts.space(make_plan(space="automl"))
    assert list(space)[1:3] == ["StandardScaler + LogisticRegression", "ExtraTreesClassifier"]
    assert space["StandardScaler + SVC"]["svc__C"] == "a number from 0.01 to 1000.0, log"
    assert list(study_facts.space(make_plan())) == [""]
    two = fakes.space("estimator: {a.Ridge: {alpha: {type: float, low: 1, high: 2}}, b.Ridge: null}")
    assert list(study_facts.space(replace(make_plan(), space=two))) == ["a.Ridge", "b.Ridge"]


def test_a_study_began_with_its_first_trial(record, make_plan):
    """However often it was gone on with."""
    loaded = load(record, make_plan(), [("COMPLETE", 50, 0.9, {})])
    assert study_facts.start(loaded) == loaded.trials[0].start < loaded.parent.info.start_time
