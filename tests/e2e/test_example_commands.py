"""What the READMEs of the examples tell to type: each command, with a few trials, in the environment of the tests."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.tools import Place
from tests.host import ROOT

pytestmark = pytest.mark.e2e

EXAMPLES = ROOT / "examples"
# The others need packages that the tests' environment has not: tests/e2e/test_examples.py makes theirs.
HERE = ("table", "xgboost")
FEW = {"n_trials": "2", "baseline": "false", "champion": "false", "report": "false"}


def commands(readme: Path) -> list[list[str]]:
    """The commands in a README, as the words that a shell makes of them."""
    blocks = re.findall(r"^```bash\n(.*?)^```", readme.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


COMMANDS = [(name, number) for name in HERE for number in range(len(commands(EXAMPLES / name / "README.md")))]


@pytest.mark.parametrize(("name", "number"), COMMANDS)
def test_a_command_of_an_example_s_readme_tunes_it(place: Place, name: str, number: int) -> None:
    """From the folder of this repository, as it stands there; all trials end with a score."""
    script, step, *options = commands(EXAMPLES / name / "README.md")[number]
    assert (script, step, set(options[::2])) == ("scripts/run", "tune", {"-P"})
    parameters = dict(option.split("=", 1) for option in options[1::2]) | FEW
    if "project" in parameters:
        parameters["env_manager"] = "local"
    done = place.step("steps.tune", check=True, **parameters)
    assert "Best " in done.stdout
    assert [run.data.tags["tuning.state"] for run in place.study().trials] == ["COMPLETE"] * 2, done.stderr


@pytest.mark.parametrize("name", sorted(path.parent.name for path in EXAMPLES.glob("*/README.md")))
def test_every_command_of_an_example_names_what_is_there(name: str) -> None:
    """Its project, its space and its table are files and folders of this repository."""
    for _, step, *options in commands(EXAMPLES / name / "README.md"):
        assert step == "tune"
        given = dict(option.split("=", 1) for option in options[1::2])
        paths = [value for key, value in given.items() if key in ("project", "space", "data") and "/" in value]
        assert paths
        assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_table_is_what_its_script_makes() -> None:
    """Made up from a seed, so nobody's data."""
    script = EXAMPLES / "table" / "make_flats.py"
    made = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert made.stdout == (script.parent / "flats.csv").read_text()
