import functools
import shutil
import sys

import pytest
import yaml

from steps.project import environment, installed

# What is installed stays the same meanwhile, and is read in a fifth of a second.
PACKAGES = functools.cache(installed.packages)


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of conda.yaml that a test may change, looked at instead of the project's own."""
    shutil.copy(environment.PROJECT / "conda.yaml", tmp_path)
    monkeypatch.setattr(environment, "PROJECT", tmp_path)
    monkeypatch.setattr(installed, "packages", PACKAGES)
    environment.differences.cache_clear()
    yield tmp_path / "conda.yaml"
    environment.differences.cache_clear()


def versions():
    """The versions that conda.yaml pins for this platform, by package."""
    return {one.name: str(one.specifier).removeprefix("==") for one in environment.requirements()}


def change(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_every_pin_for_this_platform_is_read():
    """The pins are those of conda.yaml whose markers hold here, by name."""
    lines = yaml.safe_load((environment.PROJECT / "conda.yaml").read_text())["dependencies"][-1]["pip"]
    unmarked = dict(line.split("==") for line in lines if ";" not in line)
    pins = versions()
    assert len(unmarked) > 50
    assert unmarked.items() <= pins.items()
    assert ("pywin32" in pins) == (sys.platform == "win32")
    assert "cffi" in pins  # its marker holds here


def test_the_tests_run_in_the_pinned_environment():
    """Here nothing differs from the pins."""
    assert environment.differences() == ()
    assert environment.state() == "pinned"


def test_a_package_of_another_version_is_named(copy):
    """A differing version is said with the installed one and the pinned one, each on its own; the state is drifted."""
    installed = versions()
    change(copy, f"- optuna=={installed['optuna']}\n", "- optuna==4.0.1\n")
    change(copy, f"- scikit-learn=={installed['scikit-learn']}\n", "- scikit-learn==0.1\n")
    assert environment.differences() == (
        f"optuna {installed['optuna']} (conda.yaml: 4.0.1)",
        f"scikit-learn {installed['scikit-learn']} (conda.yaml: 0.1)",
    )
    assert environment.state() == "drifted"


def test_a_package_that_is_missing_is_named(copy):
    """A pinned package that is not installed is named too."""
    change(copy, "  - pip:\n", "  - pip:\n    - no-such-package==1.0\n")
    assert environment.differences() == ("no-such-package is not installed (conda.yaml: 1.0)",)


def test_names_are_compared_as_pip_does(copy):
    """Case, dots, dashes and underscores make no difference in a package's name."""
    version = versions()["typing-extensions"]
    change(copy, f"- typing-extensions=={version}", f"- Typing_Extensions=={version}")
    assert environment.differences() == ()


def test_a_pin_for_another_platform_is_no_difference(copy):
    """A pin whose marker does not hold here is not missed."""
    change(copy, "  - pip:\n", "  - pip:\n    - no-such-package==1.0 ; sys_platform == 'amiga'\n")
    assert environment.differences() == ()


@pytest.mark.parametrize(
    ("line", "difference"),
    [
        ("Optuna>=1,<99", None),
        ("optuna[optional] ~= 5.0 ; python_version >= '3.11'", None),
        ("optuna", None),
        ("optuna==5.*", None),
        ("optuna==OPTUNA --hash=sha256:ab", None),
        ("optuna @ https://host/optuna-5.whl", None),
        ("--extra-index-url https://host/simple", None),
        ("-e ./more", None),
        ("no-such-package ; sys_platform == 'amiga'", None),
        ("optuna<5", "optuna OPTUNA (conda.yaml: <5)"),
        ("optuna[optional]!=OPTUNA", "optuna OPTUNA (conda.yaml: !=OPTUNA)"),
        ("no-such-package[any]", "no-such-package is not installed (conda.yaml: any version)"),
    ],
)
def test_a_line_is_compared_as_pip_means_it(copy, line, difference):
    """Ranges, extras, markers, hashes and wildcards; what names no package is not compared."""
    version = versions()["optuna"]
    copy.write_text(f"dependencies:\n- python=3.11\n- pip\n- pip:\n  - {line.replace('OPTUNA', version)}\n")
    assert environment.differences() == (() if difference is None else (difference.replace("OPTUNA", version),))


def test_a_file_that_a_line_names_is_read_too(copy):
    """From the folder of the file that names it, with comments and continued lines; in a circle it is read once."""
    (copy.parent / "more").mkdir()
    (copy.parent / "more" / "one.txt").write_text("-r two.txt\noptuna<5 # why\n# nothing\n-r none.txt\n")
    (copy.parent / "more" / "two.txt").write_text("mlflow \\\n  >=1 \\\n  --hash=sha256:ab\n--requirement=one.txt\n")
    copy.write_text("dependencies: [pip, {pip: [-r more/one.txt]}]\n")
    assert environment.lines() == ["mlflow   >=1   --hash=sha256:ab", "optuna<5"]
    (difference,) = environment.differences()
    assert difference.startswith("optuna 5")
