import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from mlflow import MlflowClient
from optuna.trial import TrialState

from steps.project.declared_environment import DeclaredEnvironment
from steps.tuning.entry_point import EntryPoint
from steps.tuning.report import files, headline, load_study, page, study_finding
from steps.tuning.tuned_project import TunedProject
from tests.tuning import fakes

EVIL = "<script>alert('x')</script> & \"more\""


def rows(count, failed=0):
    good: list[Any] = [("COMPLETE", 50 + number, 0.9 + number / 1000, {}) for number in range(count)]
    return good + [("FAIL", 60, None, {"tuning.reason": f"exit code 1: {EVIL}"})] * failed


def load(record, plan, what, **tags):
    return load_study.load(plan, "shown", record(what, **tags))


def test_a_page_asks_no_host_and_escapes_what_others_wrote(record, make_plan):
    """No element names another host; a reason with a script in it is text."""
    loaded = load(record, make_plan(), rows(3, failed=2))
    html = page.html(loaded)
    assert len(html) < 1_500_000
    own = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    assert "alert('x')" not in own.replace("&#39;", "*")
    assert "&lt;script&gt;alert(" in own
    hosts = set(re.findall(r"(?:src|href)=\"(?!#)([^\"]*)\"", own))
    assert all(link.startswith(("data:", "http://127.0.0.1:5000/#/experiments/0/runs/")) for link in hosts), hosts
    assert '<td class="number">2</td>' in own  # trials of that reason


def test_a_study_without_a_trial_has_a_page(record, make_plan):
    """Nothing is drawn, and the page says why."""
    loaded = load(record, make_plan(), [])
    assert "No trial has finished yet." in page.html(loaded)
    assert files.best_yaml(loaded) == ""
    assert len(files.trials_csv(loaded).splitlines()) == 1


def test_a_long_class_name_breaks_between_its_words(record, make_plan):
    """In the title, too; what names no class stays whole."""
    html = page.html(load(record, make_plan(), rows(3)))
    assert "<h1>iris: Random<wbr>Forest<wbr>Classifier</h1>" in html
    assert "<title>iris: RandomForestClassifier" in html
    assert "<dd>52</dd>" in html


def test_the_way_to_the_sections_has_their_order(record, make_plan):
    """Also where no trial has finished, and why stands first."""
    for what in (rows(3, failed=2), rows(0, failed=2)):
        html = page.html(load(record, make_plan(), what, **{"tuning.stopped_by": "n_trials"}))
        nav, _, rest = html.partition("</nav>")
        ways = re.findall('href="#([a-z-]+-title)"', nav)
        assert ways == [name for name in re.findall('id="([a-z-]+-title)"', rest) if name in ways]
        assert "finished yet" not in html


def test_the_page_says_how_often_the_rows_were_split(record, make_plan):
    """Beside the number of folds, if more than once."""
    for repeats, reshuffle, shown in ((1, False, "5 folds, 0.2"), (3, True, "5 folds × 3, others for each trial, 0.2")):
        plan = make_plan(repeats=repeats, reshuffle=reshuffle)
        assert f"stratified, {shown}" in page.html(load(record, plan, rows(3)))


def test_the_best_parameters_are_ready_to_be_given(record, make_plan):
    """A mapping of names and values, and the command in a comment."""
    text = files.best_yaml(load(record, make_plan(data="wine"), rows(3)))
    expected = {"estimator": "sklearn.ensemble.RandomForestClassifier", "n_estimators": 52, "max_depth": 5}
    assert yaml.safe_load(text) == expected
    assert "# mlflow run . -e train -P data=wine" in text
    assert "-P n_estimators=52 -P max_depth=5" in text


def test_where_no_trial_is_better_the_defaults_are_the_best(record, make_plan, client):
    """The page and best.yaml say so, with the command of the defaults; once the champion has run, what that is."""
    parent = record(rows(3))
    tags = {"tuning.study": "shown", "tuning.role": "baseline", "tuning.state": "COMPLETE"}
    tags["tuning.estimator"] = "sklearn.ensemble.RandomForestClassifier"
    client.log_metric(client.create_run("0", tags=tags).info.run_id, "cv_accuracy", 0.95)
    plan = make_plan(data="wine")
    loaded = load_study.load(plan, "shown", parent)
    said = "no trial scores better than the estimator's defaults (accuracy 0.902 against 0.95)."
    assert study_finding.of_record(loaded).sentence() == f"So far: tuning gained nothing: {said}"
    text = files.best_yaml(loaded)
    assert yaml.safe_load(text) == {"estimator": "sklearn.ensemble.RandomForestClassifier"}
    assert text.startswith(
        "# The champion of study shown: the estimator's defaults, 0.95; the best trial, 2, has 0.902."
    )
    assert " -P metric=accuracy -P estimator=sklearn.ensemble.RandomForestClassifier\n" in text
    alone = load_study.load(replace(plan, settings=replace(plan.settings, baseline=False)), "shown", parent)
    assert yaml.safe_load(files.best_yaml(alone))["n_estimators"] == 52
    for name, trees in (("the estimator's defaults", None), ("trial 1", 51)):
        again = {"tuning.champion_is": name, "tuning.reproduce": "mlflow run its-own -e main --env-manager uv"}
        champion = client.create_run("0", tags={"tuning.study": "shown", "tuning.role": "champion", **again})
        client.set_tag(parent, "tuning.champion", champion.info.run_id)
        loaded = load_study.load(plan, "shown", parent)
        assert ("they are the champion" in study_finding.of_record(loaded).sentence()) is (trees is None)
        assert yaml.safe_load(files.best_yaml(loaded)).get("n_estimators") == trees
        html = page.html(loaded)
        assert "-m mlflow run its-own -e main" in html
        assert f"-P run_id={champion.info.run_id}" in html


def test_the_table_of_trials(record, make_plan):
    """A line each, scores to the last bit, text with commas and quotes in it intact."""
    import csv

    loaded = load(record, make_plan(), rows(2, failed=1))
    table = list(csv.DictReader(files.trials_csv(loaded).splitlines()))
    assert [row["trial"] for row in table] == ["0", "1", "2"]
    assert float(table[1]["cv_accuracy"]) == 0.901
    assert table[2]["cv_accuracy"] == ""
    assert EVIL in table[2]["reason"]
    assert table[0]["n_estimators"] == "50"


def test_a_study_with_constraints_shows_who_keeps_them(record, make_plan, tmp_path):
    """The best is the best that does; page, table and study.db say of each trial whether it is feasible."""
    import csv

    import optuna

    parent = record(rows(4, failed=1))
    runs = MlflowClient().search_runs(["0"], "tags.`tuning.role` = 'trial' AND tags.`tuning.state` = 'COMPLETE'")
    for run in runs:
        MlflowClient().log_metric(run.info.run_id, "cpu_s", float(run.data.tags["tuning.trial"]))
    loaded = load_study.load(make_plan(constraint="cpu_s<=1.5"), "shown", parent)
    assert headline.best_of(loaded) == ("trial 1", {"n_estimators": "51", "max_depth": "4"})
    assert headline.kept(loaded) == "2 of 4 trials with a score keep cpu_s<=1.5"
    table = list(csv.DictReader(files.trials_csv(loaded).splitlines()))
    assert [row["feasible"] for row in table] == ["yes", "yes", "no", "no", ""]
    assert "feasible</button>" in page.html(loaded)
    path = files.study_db(loaded, tmp_path)
    study = optuna.load_study(study_name="shown", storage=f"sqlite:///{path}")
    assert [trial.constraints for trial in study.trials] == [{"cpu_s<=1.5": n - 1.5} for n in range(4)] + [{}]
    assert study.best_trial.number == 1
    none = load_study.load(make_plan(constraint="cpu_s<=-1"), "shown", parent)
    assert (none.best, none.winner, files.best_yaml(none)) == (None, None, "")
    assert "0 of 4 trials with a score keep cpu_s&lt;=-1" in page.html(none)


def test_of_another_entry_point_the_page_says_what_was_given(record):
    """Its name and the settings that its trials got; nothing of data, folds or estimators that it never saw."""
    plan = replace(fakes.plan(seed=42), entry=EntryPoint("own", {"seed": "7", "x": None}, runs_train=False))
    parent = record([], **{"tuning.best_run": "none"})
    html = re.sub(r"<script>.*?</script>", "", page.html(load_study.load(plan, "shown", parent)), flags=re.DOTALL)
    assert "<dd>seed 42</dd>" in html
    assert "-P study=shown</pre>" in html
    assert not [word for word in ("iris", "Split", "held out", "estimator", "folds", "Champion") if word in html]


def test_of_another_project_page_and_files_name_that_project(record):
    """Its commit, not this project's; the commands run it, and the environment is its own."""
    project = TunedProject("https://host/theirs", Path(), "f" * 40, "https://host/theirs at commit fff")
    environment = DeclaredEnvironment("uv", Path(), Path("python_env.yaml"), is_conda_file=False)
    entry = EntryPoint("fit.py", {}, runs_train=False, is_script=True)
    plan = replace(fakes.plan(project="https://host/theirs"), project=project, environment=environment, entry=entry)
    row: Any = ("COMPLETE", 1, None, {"tuning.params": '{"x": 0.5, "y": 1.0}'})
    parent = record([row], **{"mlflow.source.git.commit": "c0ffee"})
    described = {"machine": {"python": "3.9.1", "cpu": "C", "platform": "P"}, "packages": {"a": "1", "b": "2"}}
    MlflowClient().log_dict(parent, described, "environment/environment.json")
    loaded = load_study.load(plan, "shown", parent)
    html = re.sub(r"<script>.*?</script>", "", page.html(loaded), flags=re.DOTALL)
    assert "https://host/theirs at commit fff" in html
    assert "Python 3.9.1, 2 packages (python_env.yaml, made by uv), C, P" in html
    assert "c0ffee" not in html
    best = replace(loaded, trials=[replace(loaded.trials[0], state=TrialState.COMPLETE, values=(0.9,))])
    assert f"# mlflow run https://host/theirs -v {'f' * 40} -e fit.py -P x=0.5 -P y=1.0" in files.best_yaml(best)


def test_the_command_to_go_on_works_in_any_folder(record, make_plan, tmp_path, monkeypatch):
    """What the study has on record is not given again; a file that is given by a relative path has its whole one."""
    (tmp_path / "places").write_text("LICENCE=a")
    monkeypatch.setenv("TUNING_FOLDER", str(tmp_path))
    plan = make_plan(space="svm", places="places", n_trials=7)
    for stopped_by, what, end in (
        ("n_trials", " with twice the trials", " -P n_trials=14"),
        ("signal", "", ""),
        (None, " after it has stopped", ""),
    ):
        tags = {} if stopped_by is None else {"tuning.stopped_by": stopped_by}
        loaded = load(record, plan, [], **tags)
        said, command = page._commands(loaded)[0]
        assert said == f"Continue this study{what}"
        assert command.endswith(f" -P study=shown -P places={tmp_path}/places{end}")
    ended = load(record, plan, [], **{"tuning.stopped_by": "exhausted"})
    assert page._commands(ended) == []
    assert "Run it again" not in page.html(ended)
