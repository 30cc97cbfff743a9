"""What is declared in several places is the same in all of them."""

import importlib
import importlib.util
import itertools
import re

import pytest
import yaml
from mlflow.projects import _project_spec

from scripts.documentation import parameters as parameters_page
from steps import names, spaces
from steps.backends.warm.command_words import python_words
from steps.parameters import command_line, declared
from steps.parameters.declared import parameters
from steps.parameters.pruner_settings import PATIENT, PRUNERS
from steps.parameters.search_settings import SAMPLERS
from steps.parameters.settings import SHARED, TASKS, ReproduceSettings, SharedSettings, SpaceSettings, TrainSettings
from steps.parameters.tune_settings import TuneSettings
from steps.project.environment import PROJECT
from steps.training.model import estimator
from steps.tuning import child_preload, space
from steps.tuning.search import pruners, samplers

STEPS = {"train": TrainSettings, "tune": TuneSettings, "reproduce": ReproduceSettings, "space": SpaceSettings}
FILES = sorted((PROJECT / "steps").rglob("*.py"))

MKDOCS = PROJECT / "mkdocs.yml"
CELLS = re.compile(r"(?<!\\)\|")  # what stands between a table's cells


def entry_points():
    return yaml.safe_load((PROJECT / "MLproject").read_text())["entry_points"]


def names_and_defaults(settings):
    """Names and defaults as MLproject and the pages have them."""
    return declared.words(settings())


# --- MLproject


def test_main_is_train():
    """`mlflow run .` without an entry point trains once."""
    assert entry_points()["main"] == entry_points()["train"]


@pytest.mark.parametrize(("name", "settings"), STEPS.items())
def test_mlproject_declares_the_parameters_of_the_step(name, settings):
    """Names, order and defaults are those of the settings in steps/parameters; numbers are declared as such."""
    declarations = entry_points()[name]["parameters"]
    assert {key: str(entry["default"]) for key, entry in declarations.items()} == names_and_defaults(settings)
    assert list(declarations) == [parameter.name for parameter in parameters(settings)]
    for parameter in parameters(settings):
        number = isinstance(parameter.default, int | float) and not isinstance(parameter.default, bool)
        assert declarations[parameter.name]["type"] == ("float" if number else "string"), parameter.name


@pytest.mark.parametrize(("name", "settings"), STEPS.items())
def test_the_command_passes_each_parameter_under_its_own_name(name, settings):
    """The command is the step, with `--name {name}` for every parameter, once, and nothing else."""
    pairs = " ".join(f"--{parameter.name} {{{parameter.name}}}" for parameter in parameters(settings))
    assert entry_points()[name]["command"] == f"PYTHONSAFEPATH= python -m steps.{name} {pairs}"


@pytest.mark.parametrize(("name", "settings"), STEPS.items())
def test_the_command_that_mlflow_makes_gives_the_step_its_values(name, settings, tmp_path):
    """MLflow's own command, read as a child reads it, gives the defaults, and any value with blanks and quotes."""
    entry_point = _project_spec.load_project(PROJECT).get_entry_point(name)
    text = {"target": "it's $HOME; `x`"} if hasattr(settings, "target") else {}
    number = {"seed": "7"} if hasattr(settings, "seed") else {}
    for values in ({}, {**text, **number}):
        words = python_words(entry_point.compute_command(values, str(tmp_path)))
        assert words is not None
        assert words[:3] == ["python", "-m", f"steps.{name}"]
        expected = names_and_defaults(settings) | values
        assert declared.words(command_line.read(words[3:], settings)) == expected


def test_the_project_names_its_environment():
    """MLproject's environment is the file that is there."""
    project = yaml.safe_load((PROJECT / "MLproject").read_text())
    assert (PROJECT / project["conda_env"]).is_file()


# --- the pages


def cells(line):
    return [cell.strip().replace("`", "") for cell in CELLS.split(line.strip())[1:-1]]


def rows_under(page, name):
    """The rows of the tables with a `default` column under the heading `name` of a page, those of its parts too."""
    rows: list[list[str]] = []
    inside, wanted, level = False, False, 0
    for line in page.read_text().splitlines():
        if heading := re.fullmatch(r"(#+) (.+)", line):
            if not wanted or len(heading[1]) <= level:
                wanted, level = heading[2].strip("`") == name, len(heading[1])
        elif not line.startswith("|"):
            inside = False
        elif not inside:
            inside = wanted and cells(line)[1:2] == ["default"]
        elif inside and set(line) - set("|-: "):
            rows.append(cells(line))
    return rows


@pytest.mark.parametrize(("name", "settings"), STEPS.items())
def test_the_page_shows_every_parameter_with_its_default(name, settings):
    """The tables of an entry point in docs/parameters.md have the step's parameters and defaults, each once."""
    rows = rows_under(parameters_page.PAGE, name)
    assert {row[0]: row[1] for row in rows} == names_and_defaults(settings)
    assert len(rows) == len(names_and_defaults(settings))


def test_the_page_is_what_the_declarations_say():
    """docs/parameters.md is not stale: `scripts/docs` writes it anew."""
    assert parameters_page.PAGE.read_text() == parameters_page.page(), "docs/parameters.md is stale: run scripts/docs"


def test_every_page_is_in_the_site():
    """mkdocs.yml leads to README, all pages of docs/, and the texts of the examples."""
    pages = {
        line.rpartition(": ")[2] for line in MKDOCS.read_text().partition("\nnav:\n")[2].splitlines() if ".md" in line
    }
    texts = [path.relative_to(PROJECT).as_posix() for path in PROJECT.glob("examples/**/*.md")]
    assert pages >= {"index.md", "CHANGELOG.md", *texts, *(path.name for path in (PROJECT / "docs").glob("*.md"))}


def test_every_parameter_of_tune_is_of_a_subject():
    """`--help` and docs/parameters.md show them by subject, each subject once."""
    subjects = [parameter.subject for parameter in parameters(TuneSettings)]
    assert "" not in subjects
    assert len([name for name, _ in itertools.groupby(subjects)]) == len(set(subjects)) == 7


# --- names that are text in one place and code in another


@pytest.mark.parametrize(
    "path", sorted({path for file in FILES for path in re.findall(r'"(steps[\w.]*:\w+)"', file.read_text())})
)
def test_a_function_that_is_named_by_text_is_there(path):
    """A `module:function` for the launcher exists: it would be found missing only in a fork."""
    module, _, name = path.partition(":")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("name", child_preload.MODULES)
def test_what_is_preloaded_can_be_imported(name):
    """Each preloaded module exists: a misspelled one would only make every trial slower."""
    assert importlib.util.find_spec(name) is not None


def test_a_study_hands_every_common_parameter_to_its_trials():
    """What `train` and `tune` both have is what a study passes on."""
    shared = {p.name for p in parameters(SharedSettings)}
    assert {p.name for p in parameters(TrainSettings)} & {p.name for p in parameters(TuneSettings)} == shared
    assert set(SHARED) == shared
    assert TuneSettings().for_training() == TrainSettings()


def test_every_sampler_and_pruner_that_is_allowed_exists():
    """The names that --sampler and --pruner take are those of the search."""
    assert set(SAMPLERS) == set(samplers.KINDS)
    assert set(PRUNERS) == {*pruners.MAKERS, PATIENT}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", spaces.names())
def test_a_shipped_space_parses_and_suits_its_estimators(name, task):
    """Each shipped space is without problems, for both tasks, and its names are hyperparameters of its estimators."""
    file = space.load(name)
    paths = estimator.check_estimators(task, file.hyperparameters()[task], file.where[task])
    assert paths == file.for_task(task).estimators
    assert set(paths) <= set(spaces.estimators(name))  # so the launcher has them imported


def test_the_spaces_that_are_shipped():
    """One for each family of estimators, and automl, a choice between at least five of them."""
    families = {"random_forest", "extra_trees", "hist_gradient_boosting", "linear", "svm", "knn", "mlp"}
    assert set(spaces.names()) == {*families, "automl"}
    for task in TASKS:
        assert len(space.load("automl").for_task(task).estimators) >= 5
        assert all(len(space.load(family).for_task(task).estimators) == 1 for family in families)


@pytest.mark.parametrize("task", TASKS)
def test_the_default_space_is_the_classic_one(task):
    """The default study searches 50–200 trees of depth 3–20 in a random forest, and nothing else."""
    classic = space.load(TuneSettings().space).for_task(task)
    assert classic.estimators == [estimator.DEFAULTS[task]]
    assert classic.hyperparameters(estimator.DEFAULTS[task]) == ["n_estimators", "max_depth"]
    assert {name: (d.low, d.high, d.log) for name, d in classic.distributions.items()} == {  # type: ignore[attr-defined]
        "n_estimators": (50, 200, False),
        "max_depth": (3, 20, False),
    }


@pytest.mark.parametrize("group", [names.Tag, names.Role, names.State, names.Artifact, names.Variable, names.Metric])
def test_no_two_names_of_a_group_are_the_same(group):
    """The constants of each group in steps/names.py differ from one another, and so do the metrics that are made."""
    values = [value for key, value in vars(group).items() if key.isupper() and isinstance(value, str)]
    values += [value.__func__("accuracy") for value in vars(group).values() if isinstance(value, staticmethod)]
    assert len(values) >= 5
    assert len(values) == len(set(values))
