import os
import subprocess
from pathlib import Path

import pytest

from steps.backends import control
from tests import needs


def test_the_output_of_what_is_started_goes_to_a_file(tmp_path, capfd):
    """Inside, both streams of a started process are appended to the file; afterwards they are what they were."""
    output = tmp_path / "trial 001.log"
    for word in ("one", "two"):
        with control.writing_to(output):
            subprocess.run(f"echo {word}; echo {word}! >&2", shell=True, check=True)
    subprocess.run("echo out; echo err >&2", shell=True, check=True)
    assert output.read_text() == "one\none!\ntwo\ntwo!\n"
    assert capfd.readouterr() == ("out\n", "err\n")


def test_what_is_started_has_variables_of_its_own(tmp_path, monkeypatch):
    """Inside alone: afterwards this process has what it had, or nothing."""
    monkeypatch.setenv("HAD", "before")
    monkeypatch.delenv("PORT", raising=False)
    with control.surroundings(tmp_path / "log", {"HAD": "inside", "PORT": "8001"}):
        subprocess.run('echo "$HAD $PORT"', shell=True, check=True)
    assert (tmp_path / "log").read_text() == "inside 8001\n"
    assert (os.environ["HAD"], os.environ.get("PORT")) == ("before", None)


@needs.PROC
def test_the_streams_come_back_after_an_error(tmp_path, capfd):
    """An error inside does not leave the tuner mute, nor a descriptor open."""
    before = len(list(Path("/dev/fd").iterdir()))
    with pytest.raises(ZeroDivisionError), control.writing_to(tmp_path / "log"):
        raise ZeroDivisionError
    os.write(1, b"out\n")
    assert capfd.readouterr().out == "out\n"
    assert len(list(Path("/dev/fd").iterdir())) == before
