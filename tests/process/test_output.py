import os
import subprocess
import sys
from pathlib import Path

import pytest

from steps.project.environment import PROJECT

# Writes a word, waits until its reader is gone, writes much more, then leaves a file.
SPEAKER = """
import os, sys
from steps.process import output
output.ignore_lost_readers()
print("heard", file=sys.{stream}, flush=True)
sys.stdin.readline()
for _ in range(3):
    print("unheard " * 10_000, file=sys.{stream}, flush=True)
os.write({descriptor}, b"what C code says")
open(sys.argv[1], "w").write("went on")
"""


@pytest.mark.parametrize(("stream", "descriptor"), [("stdout", 1), ("stderr", 2)])
@pytest.mark.parametrize("opened", [os.pipe, os.openpty])
def test_a_step_goes_on_when_its_reader_is_gone(opened, stream, descriptor, tmp_path):
    """A reader that ends, or a terminal that is closed, has read what came before; what comes after is discarded."""
    ours, theirs = opened()
    script = SPEAKER.format(stream=stream, descriptor=descriptor)
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "file")],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        **{stream: theirs},
    ) as process:
        os.close(theirs)
        assert os.read(ours, 100).strip() == b"heard"
        os.close(ours)
        process.communicate(b"\n", timeout=120)
    assert process.returncode == 0
    assert (tmp_path / "file").read_text() == "went on"


@pytest.mark.skipif(sys.platform != "linux", reason="has /dev/full")
def test_a_full_disk_is_still_an_error():
    """Only a lost reader is ignored: output that can't be written for another reason fails."""
    script = "from steps.process import output; output.ignore_lost_readers(); print('lost')"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=PROJECT, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode != 0
    assert b"No space left" in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_step_that_was_started_without_an_output_has_none(closed):
    """A shell may close them: then there is nothing to replace."""
    script = "from steps.process import output; output.ignore_lost_readers(); print('to nobody')"
    subprocess.run(["bash", "-c", f'"$0" -c "$1" {closed}', sys.executable, script], cwd=PROJECT, check=True)
