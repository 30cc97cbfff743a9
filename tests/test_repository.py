"""What is in the repository: no large file, no binary but pictures, no link or path in a text that leads nowhere."""

import fnmatch
import os
import re
import subprocess
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from steps.project.environment import PROJECT

MOST_BYTES = 500_000
# How the files of pictures begin; an SVG is a text.
PICTURES = {
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".gif": (b"GIF87a", b"GIF89a"),
    ".ico": (b"\0\0\1\0",),
}
FENCE = re.compile(r"^ *(```+|~~~+).*?^ *\1 *$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
LINKS = (
    re.compile(r"\]\(\s*<?([^\s)>]+)"),  # [text](target "title"), ![text](target)
    re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)", re.MULTILINE),  # [name]: target
    re.compile(r"(?:href|src)=[\"']([^\"']+)"),
)
METHOD = re.compile(r"(?<!\[)`([A-Z]\w*)\.(\w+)`")
NAMED = re.compile(r"\[`([\w.]+)`\]\(([^)\s]+\.py)\)")
HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)


def tracked(root: Path) -> list[str]:
    """The paths of the files in the repository; of a tree without git, those that .gitignore does not name."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=False).stdout.decode()
    except OSError:  # no git on this machine
        listed = ""
    names = [name for name in listed.split("\0") if name and (root / name).is_file()]
    return sorted(names or walked(root))


def walked(root: Path) -> list[str]:
    """The paths of the files in a tree, but for what the .gitignore at its root names."""
    lines = (root / ".gitignore").read_text().splitlines() if (root / ".gitignore").is_file() else []
    patterns = [line.rstrip("/") for line in lines if line and not line.startswith("#")]

    def ignored(path: str) -> bool:
        names = (f"/{path}", path.rpartition("/")[2])
        return names[1] == ".git" or any(fnmatch.fnmatch(name, pattern) for name in names for pattern in patterns)

    files = []
    for folder, folders, names in os.walk(root):
        below = Path(folder).relative_to(root)
        folders[:] = [name for name in folders if not ignored(str(below / name))]
        files += [str(below / name) for name in names if not ignored(str(below / name))]
    return files


def too_large(root: Path, files: list[str]) -> list[str]:
    return [name for name in files if (root / name).stat().st_size > MOST_BYTES]


def binaries(root: Path, files: list[str]) -> list[str]:
    """The files that are neither texts nor pictures."""
    return [name for name in files if not is_text(root / name) and not is_picture(root / name)]


def is_text(path: Path) -> bool:
    content = path.read_bytes()
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in content


def is_picture(path: Path) -> bool:
    return path.read_bytes().startswith(PICTURES.get(path.suffix.lower(), ()))


def dead_links(root: Path, files: list[str]) -> list[str]:
    """The relative links in Markdown files whose file, folder or heading is not there."""
    dead = []
    for name in markdown(files):
        prose = CODE.sub("", FENCE.sub("", (root / name).read_text()))
        for target in [target for link in LINKS for target in link.findall(prose)]:
            url = urlsplit(target)
            if url.scheme or url.netloc:
                continue
            path = name if not url.path else os.path.normpath(Path(name).parent / unquote(url.path))
            if not exists(path, files) or (
                url.fragment and (path not in markdown(files) or url.fragment not in anchors(root / path))
            ):
                dead.append(f"{name}: {target}")
    return dead


def dead_paths(root: Path, files: list[str]) -> list[str]:
    """The paths in the code of Markdown files that begin with a folder of the repository, and are none of its files."""
    folders = {name.partition("/")[0] for name in files if "/" in name}
    dead = []
    for name in markdown(files):
        text = (root / name).read_text()
        codes = [match[0] for match in FENCE.finditer(text)] + [
            match[2] for match in CODE.finditer(FENCE.sub("", text))
        ]
        words = {word.rstrip(".,:;") for code in codes for word in code.split()}
        paths = {word for word in words if re.fullmatch(r"(\./)?[\w.-]+/[\w./-]*", word)}
        relative = {path: os.path.normpath(path) for path in paths}
        dead += [
            f"{name}: {path}"
            for path, normal in sorted(relative.items())
            if normal.partition("/")[0] in folders and not exists(normal, files)
        ]
    return dead


def dead_names(root: Path, files: list[str]) -> list[str]:
    """The functions and classes in Markdown files, linked as [`module.name`](file.py), that the file lacks.

    And the methods, `Class.method`, that a class of the tree lacks.
    """
    dead = []
    codes = [(root / name).read_text() for name in files if name.endswith(".py")]
    for name in markdown(files):
        text = FENCE.sub("", (root / name).read_text())
        for owner, method in METHOD.findall(text):
            homes = [code for code in codes if re.search(rf"^ *class {owner}\b", code, re.MULTILINE)]
            if homes and not any(re.search(rf"^ *def {method}\b", code, re.MULTILINE) for code in homes):
                dead.append(f"{name}: {owner}.{method}")
        for shown, target in NAMED.findall(text):
            path = root / os.path.normpath(Path(name).parent / target)
            if path.is_file() and shown != path.name:
                parts, code = shown.removeprefix(f"{path.stem}.").split("."), path.read_text()
                if not all(re.search(rf"^ *(class|def) {part}\b", code, re.MULTILINE) for part in parts):
                    dead.append(f"{name}: {shown}")
    return dead


def markdown(files: list[str]) -> list[str]:
    return [name for name in files if name.lower().endswith(".md")]


def exists(path: str, files: list[str]) -> bool:
    return path == "." or path in files or any(name.startswith(f"{path}/") for name in files)


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a Markdown file."""
    slugs: Counter[str] = Counter()
    names = set()
    for heading in HEADING.findall(FENCE.sub("", path.read_text())):
        text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        names.add(f"{slug}-{slugs[slug]}" if slugs[slug] else slug)
        slugs[slug] += 1
    return names


CHECKS = (too_large, binaries, dead_links, dead_paths, dead_names)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_repository_is_clean(check):
    """No file over 500 kB, no binary but pictures, no link, path or name in a Markdown file that leads nowhere."""
    files = tracked(PROJECT)
    assert {"README.md", "MLproject", "tests/conftest.py"} <= set(files)
    assert check(PROJECT, files) == []


README = """# A project, `fast`

See [the docs](docs/page.md), [a part](docs/page.md#two-words-1), [here](#a-project-fast), ![a picture](docs/p.png),
[the folder](docs/), [the web](https://host/no/such) and `docs/page.md`, `docs/`, `./docs/page.md`, `-P x=docs/none`.
`[no](link.md)`, `other/none.txt`, `docs/<name>.md`
[gone](docs/gone.md) [no part](docs/page.md#three) [not here](#there) <a href="docs/none.md">x</a> [name]

[name]: docs/lost.md

```bash
docs/missing.sh --all  # [no](link.md)
```

`docs/old.md`

[`code.py`](docs/code.py), [`code.Found.method`](docs/code.py), [`Found`](docs/code.py), [`code.lost`](docs/code.py),
[`Found.lost`](docs/code.py), `Found.method`, `Found.gone`, `Elsewhere.gone`
"""


@pytest.fixture
def tree(tmp_path):
    """A tree that is not clean, with things in it that .gitignore names."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "docs" / "page.md").write_text("# Two words\n\n# Two words\n\n```\n# three\n```\n[up](../README.md)\n")
    (tmp_path / "docs" / "code.py").write_text("class Found:\n    def method(self): ...\n")
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
    """Each file, link and path that is at fault, and none that is not; in a tree without git too."""
    if with_git:
        subprocess.run(["git", "init", "--quiet"], cwd=tree, check=True)
        subprocess.run(["git", "add", "--all"], cwd=tree, check=True)
    files = tracked(tree)
    assert files == [
        ".gitignore",
        "README.md",
        "docs/code.py",
        "docs/no.png",
        "docs/p.png",
        "docs/p.whl",
        "docs/page.md",
    ]
    assert too_large(tree, files) == ["docs/p.whl"]
    assert binaries(tree, files) == ["docs/no.png", "docs/p.whl"]
    dead = ["docs/gone.md", "docs/page.md#three", "#there", "docs/lost.md", "docs/none.md"]
    assert dead_links(tree, files) == [f"README.md: {target}" for target in dead]
    assert dead_paths(tree, files) == ["README.md: docs/missing.sh", "README.md: docs/old.md"]
    assert dead_names(tree, files) == ["README.md: Found.gone", "README.md: code.lost", "README.md: Found.lost"]
