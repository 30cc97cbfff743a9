import os
import subprocess
import sys
from pathlib import Path

import pytest

from steps.project.environment import PROJECT

# Says something, waits until its listener has gone, says much more, then writes to a file that it did.
SPEAKER = """
import os, sys
from steps.process import output
output.outlast_listeners()
print("heard", file=sys.{stream}, flush=True)
sys.stdin.readline()
for _ in range(3):
    print("unheard " * 10_000, file=sys.{stream}, flush=True)
os.write({descriptor}, b"what C code says")
open(sys.argv[1], "w").write("went on")
"""


@pytest.mark.parametrize(("stream", "descriptor"), [("stdout", 1), ("stderr", 2)])
@pytest.mark.parametrize("opened", [os.pipe, os.openpty])
def test_a_step_goes_on_where_nobody_listens_any_more(opened, stream, descriptor, tmp_path):
    """A reader that goes, or a terminal that is closed, gets all that was said before, and then costs nothing."""
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


def test_a_full_disk_is_still_an_error():
    """Only the loss of the reader is passed over: what could not be written for another reason is said."""
    script = "from steps.process import output; output.outlast_listeners(); print('lost')"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=PROJECT, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode != 0
    assert b"No space left" in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_step_that_was_started_without_an_output_has_none(closed):
    """A shell may close them: then there is nothing to outlast."""
    script = "from steps.process import output; output.outlast_listeners(); print('to nobody')"
    subprocess.run(["bash", "-c", f'"$0" -c "$1" {closed}', sys.executable, script], cwd=PROJECT, check=True)
