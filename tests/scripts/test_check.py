"""The fast tests with other releases than the pinned ones."""

import pytest

from tests.scripts.clones import TEST_PINS, clone, pins, run_script, set_up, versions_in, with_uv

TEST = """
import os, six

def test_release():
    assert (six.__version__, os.environ["TUNING_AGAINST"]) == ("1.16.0", "six==1.16.0 tqdm")
"""


@pytest.mark.e2e
def test_the_fast_tests_run_with_another_release_in_an_environment_of_its_own(tmp_path):
    """Which has all else as it is pinned; the one of the scripts stays as it is. A test that fails is the exit code."""
    made, path = clone(tmp_path, few=["six"]), with_uv(tmp_path / "bin")
    names = ("pytest", "iniconfig", "pluggy", "pygments", "packaging")
    lines = [str(found[name]) for name in names for found in (pins(TEST_PINS),) if name in found]
    (made / "tests" / "requirements.txt").write_text("\n".join(lines) + "\n")
    (made / "tests" / "test_it.py").write_text(TEST)
    set_up(made, path)
    before = versions_in(made)
    done = run_script(made, "check", "--against", "six==1.16.0", "tqdm", path=path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert (made / ".venv-six-1.16.0-tqdm" / "bin" / "pytest").exists()
    assert versions_in(made) == before
    (made / "tests" / "test_it.py").write_text(TEST.replace("six.__v", "six.no_v"))
    done = run_script(made, "check", "--against", "six==1.16.0", "tqdm", path=path)
    assert (done.returncode, done.stderr) == (1, "")
