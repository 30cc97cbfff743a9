import pytest

from tests.scripts.clones import ROOT, sourced

SAID = """Using Python 3.11.7 environment at: .venv
Resolved 95 packages in 1.32s
Downloading scipy (33.6MiB)
 Downloaded scipy
warning: Failed to hardlink files; falling back to full copy. This may lead to degraded performance.
         If the cache and target directories are on different filesystems, hardlinking may not be supported.
         If this is intentional, set `export UV_LINK_MODE=copy` or use `--link-mode=copy` to suppress this warning.
Installed 95 packages in 3.1s
 + aiohttp==3.14.5
 ~ six==1.17.0
error: Failed to download `yarl==1.25.1`
  cause: No space left on device (os error 28)
last"""


def test_progress_is_shown_and_what_is_wrong(tmp_path):
    """Of what an installer says; not each package, and no warning of what needs no doing."""
    (tmp_path / "said").write_text(SAID)
    done = sourced(tmp_path, "", f"progress <'{tmp_path}/said'")
    assert done.stderr.splitlines() == [
        "Resolved 95 packages in 1.32s",
        "Downloading scipy (33.6MiB)",
        " Downloaded scipy",
        "Installed 95 packages in 3.1s",
        "error: Failed to download `yarl==1.25.1`",
        "  cause: No space left on device (os error 28)",
        "last",
    ]


def test_what_comes_and_stays_is_said_before(tmp_path):
    """The sum of the files that are installed."""
    done = sourced(tmp_path, "", "size_of() { echo 10 20; }; announce 'Adding two' one two")
    assert done.stderr == "Adding two: about 20 MB to download, 40 MB to keep.\n"


def test_a_disk_that_is_too_small_is_named_before(tmp_path):
    """With what is free of it."""
    done = sourced(tmp_path, "", "size_of() { echo 10 999999999; }; announce 'Adding' one")
    _, line = done.stderr.splitlines()
    assert line.startswith("Only ")
    assert line.endswith(f" MB are free in {tmp_path}/read.")


@pytest.mark.parametrize("file", ["conda.yaml", "conda-ray.yaml", "tests/requirements.txt", "uv"])
def test_every_file_has_its_sizes(tmp_path, file):
    """Wheels are zipped: what is kept of them is two to five times as much."""
    download, keep = map(int, sourced(tmp_path, "", f"size_of {file}").stdout.split())
    assert 2 * download <= keep <= 5 * download


def test_the_readme_names_the_same_sizes(tmp_path):
    """What the first start downloads and keeps, and what the tests add."""
    files = ("conda.yaml", "tests/requirements.txt")
    run, tests = (sourced(tmp_path, "", f"size_of {file}").stdout.split() for file in files)
    readme = " ".join((ROOT / "README.md").read_text().split())
    assert f"downloads about {run[0]} MB and keeps {run[1]} MB; the tests add {tests[0]} and {tests[1]} MB." in readme
