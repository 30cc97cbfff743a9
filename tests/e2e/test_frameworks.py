"""Trainings whose command line is a framework's: under `warm` as in an interpreter of their own."""

import re
from collections.abc import Callable

import pytest

from tests.e2e.packages import activated, environment
from tests.e2e.side_by_side import BUFFERED, STANZA, Case, Study, run_cases, same_end
from tests.e2e.tools import Place, copy_project

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PACKAGES = ("absl-py==2.5.1", "fire==0.7.1", "hydra-core==1.3.8")
QUARTER = (("loss", 0.25),)
CASES = {
    "absl": Case("python", "frameworks/absl_flags.py", "--lr=0.25", metrics=QUARTER),
    "fire": Case("python", "frameworks/fire_command.py", "--lr=0.25", metrics=QUARTER),
    "hydra": Case(
        "python", "frameworks/hydra_main.py", "lr=0.25", metrics=(*QUARTER, ("below_outputs", 1), ("configured", 1))
    ),
}
REFUSED = {
    "absl": Case("python", "frameworks/absl_flags.py", "--lr=-1", "exit code 1", metrics=()),
    "fire": Case("python", "frameworks/fire_command.py", "--rate=1", "exit code 2", metrics=()),
    "hydra": Case("python", "frameworks/hydra_main.py", "rate=1", "exit code 1", metrics=()),
}
CASES |= {f"{name} refuses its arguments": case for name, case in REFUSED.items()}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, new_place: Callable[..., Place]) -> Callable[[str], Study]:
    """Run all cases with a backend, in an environment that has the frameworks."""
    python = environment(tmp_path_factory.mktemp("environment"), "frameworks", *PACKAGES)
    project = copy_project(tmp_path_factory.mktemp("frameworks"))
    (project / "tests" / "samples" / "frameworks").rename(project / "frameworks")
    (project / "MLproject").write_text((project / "MLproject").read_text() + STANZA)

    def run_with(backend: str) -> Study:
        place = new_place(project=project, python=str(python), extra={**BUFFERED, **activated(python)})
        return run_cases(project, place, CASES, backend=backend)

    return run_with


@pytest.fixture(scope="module")
def local(run: Callable[[str], Study]) -> Study:
    """Each case in an interpreter of its own."""
    return run("local")


@pytest.fixture(scope="module")
def warm(run: Callable[[str], Study]) -> Study:
    """Each case in a fork."""
    return run("warm")


@pytest.mark.parametrize("name", CASES)
def test_the_trial_ends_as_in_an_interpreter_of_its_own(name: str, local: Study, warm: Study) -> None:
    """What it logs, its state, its exit code: of arguments that the framework takes, and of those that it refuses."""
    same_end(name, CASES[name], local, warm)


def said(study: Study, name: str) -> list[str]:
    """What a case has printed: without the lines of MLflow's local backend, and with its files as in the project."""
    log = re.sub(r"^/.*/(?=frameworks/)", "", study.artifacts(name)["log.txt"], flags=re.MULTILINE)
    return [line for line in log.splitlines() if not re.match(r"[\d/]+ [\d:]+ [A-Z]+ mlflow\.", line)]


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name].reason])
def test_what_a_framework_says_is_the_same(name: str, local: Study, warm: Study) -> None:
    """Its usage and its errors, line by line."""
    lines = [said(study, name) for study in (local, warm)]
    assert lines[0]
    assert lines[1] == lines[0]
