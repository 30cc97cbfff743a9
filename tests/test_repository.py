"""What is in the repository: no large file, and no binary but pictures."""

import subprocess
from pathlib import Path

import pytest

from steps.project.environment import PROJECT
from tests.tree import is_text, tracked

MOST_BYTES = 500_000
# How the files of pictures begin; an SVG is a text.
PICTURES = {
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".gif": (b"GIF87a", b"GIF89a"),
    ".ico": (b"\0\0\1\0",),
}


def too_large(root: Path, files: list[str]) -> list[str]:
    return [name for name in files if (root / name).stat().st_size > MOST_BYTES]


def binaries(root: Path, files: list[str]) -> list[str]:
    """The files that are neither texts nor pictures."""
    return [name for name in files if not is_text(root / name) and not is_picture(root / name)]


def is_picture(path: Path) -> bool:
    return path.read_bytes().startswith(PICTURES.get(path.suffix.lower(), ()))


@pytest.mark.parametrize("check", [too_large, binaries], ids=lambda check: check.__name__)
def test_the_repository_is_clean(check):
    """No file over 500 kB, and no binary but pictures."""
    files = tracked(PROJECT)
    assert {"README.md", "MLproject", "tests/conftest.py"} <= set(files)
    assert check(PROJECT, files) == []


@pytest.fixture
def tree(tmp_path):
    """A tree that is not clean, with things in it that .gitignore names."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("# A project\n")
    (tmp_path / "docs" / "p.png").write_bytes(PICTURES[".png"][0] + b"\0\xff")
    (tmp_path / "docs" / "no.png").write_bytes(b"\0\xff")
    (tmp_path / "docs" / "p.whl").write_bytes(PICTURES[".png"][0] + bytes(MOST_BYTES))
    (tmp_path / ".gitignore").write_text("# caches\n__pycache__/\n/mlflow.db*\n")
    (tmp_path / "docs" / "__pycache__").mkdir()
    (tmp_path / "docs" / "__pycache__" / "x.pyc").touch()
    (tmp_path / "mlflow.db-wal").touch()
    return tmp_path


@pytest.mark.parametrize("with_git", [True, False])
def test_what_is_not_clean_is_named(tree, with_git):
    """Each file that is at fault, and none that is not; in a tree without git too."""
    if with_git:
        subprocess.run(["git", "init", "--quiet"], cwd=tree, check=True)
        subprocess.run(["git", "add", "--all"], cwd=tree, check=True)
    files = tracked(tree)
    assert files == [".gitignore", "README.md", "docs/no.png", "docs/p.png", "docs/p.whl"]
    assert too_large(tree, files) == ["docs/p.whl"]
    assert binaries(tree, files) == ["docs/no.png", "docs/p.whl"]
