"""What is read of the file with a child's output."""

from pathlib import Path

import mlflow
import pytest
from mlflow.tracking import MlflowClient

from steps.backends import log_file


def test_a_file_is_of_one_child(tmp_path: Path) -> None:
    """A trial that is run once more gets another; no name has a blank."""
    first = log_file.path_for(tmp_path, "trial 007")
    first.touch()
    assert [path.name for path in (first, log_file.path_for(tmp_path, "trial 007"))] == [
        "trial-007.log",
        "trial-007-2.log",
    ]


def test_a_folder_that_a_cleaner_has_removed_is_made_again(tmp_path: Path) -> None:
    """Systems clean their temporary folders after some days, and a study may take longer."""
    path = log_file.path_for(tmp_path / "tune-1" / "logs", "trial 007")
    path.write_text("as it is")


def test_of_a_large_file_only_the_end_is_kept(client: MlflowClient, tmp_path: Path) -> None:
    """From the beginning of a line on, after a note."""
    path, run_id = tmp_path / "log", client.create_run("0").info.run_id
    path.write_bytes(b"".join(b"%07d\xff\n" % number for number in range(300_000)))
    assert log_file.keep(path, run_id)
    note, first, *_, last = mlflow.artifacts.load_text(f"runs:/{run_id}/log.txt").splitlines()
    assert note == "[1,700,001 bytes before this are left out]"
    assert (len(first), last) == (8, "0299999\ufffd")
    assert log_file.last_lines(path, 2).splitlines() == ["0299998\ufffd", "0299999\ufffd"]


@pytest.mark.parametrize("path", [None, Path("no such file")])
def test_no_file_is_nothing(path: Path | None) -> None:
    """A run of an earlier tuner has none."""
    assert log_file.last_lines(path) == ""
    assert log_file.keep(path, "its id") is False


TORCHRUN = (Path(__file__).parents[1] / "samples" / "torchrun.txt").read_text()
FRAME = '  File "fit.py", line 3, in <module>\n    fit()\n    ^^^^^\n'
LINES = [
    ("epoch 1\nout of luck\n", "out of luck"),
    (f"Traceback (most recent call last):\n{FRAME}ValueError: boom\n", "ValueError: boom"),
    (
        f"{FRAME}mlflow.exceptions.MlflowException: no:\nThe cause\n\nis this\n",
        "mlflow.exceptions.MlflowException: no:",
    ),
    (f"{FRAME}KeyError: 1\n\nDuring handling of it:\n{FRAME}ValueError: 2\n", "ValueError: 2"),
    (f"{FRAME}KeyboardInterrupt\n", "KeyboardInterrupt"),
    (
        f"{FRAME}ValueError: boom\n2026/11/30 05:19:51 ERROR mlflow.cli: === Run (ID '0a') failed ===\n",
        "ValueError: boom",
    ),
    ("no\n2026/11/30 05:19:51 ERROR mlflow.cli: === Run (ID '0a') failed ===\n", "no"),
    ("loss: 0.5\nfit.py: error: no such option\n", "fit.py: error: no such option"),
    ("", ""),
    ("Usage: fit.py\n╭─ Error ──╮\n│ Missing option '--lr'. │\n╰──────────╯\n", "│ Missing option '--lr'. │"),
    (
        TORCHRUN,
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB. "
        "GPU 0 has a total capacity of 15.77 GiB of which 1.00 GiB is free.",
    ),
]


@pytest.mark.parametrize(("lines", "says"), LINES)
def test_the_line_that_says_most(lines: str, says: str) -> None:
    """Of an uncaught exception the first of its message, else the last."""
    assert log_file.telling_line(lines) == says
