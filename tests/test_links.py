"""What the texts of the repository name is there: links, headings, paths, functions, pages."""

import os
import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from steps.project.environment import PROJECT
from tests.tree import is_text, tracked

FENCE = re.compile(r"^ *(```+|~~~+).*?^ *\1 *$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
LINKS = (
    re.compile(r"\]\(\s*<?([^\s)>]+)"),  # [text](target "title"), ![text](target)
    re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)", re.MULTILINE),  # [name]: target
    re.compile(r"(?:href|src)=[\"']([^\"']+)"),
)
METHOD = re.compile(r"(?<!\[)`([A-Z]\w*)\.(\w+)`")
NAMED = re.compile(r"\[`([\w.]+)`\]\(([^)\s]+\.py)\)")
MENTION = re.compile(r"(?<![\w/.])(?:\./)?(docs/[\w-]+\.md)(?:#([\w-]+))?")
SECTION = re.compile(r"README(?:\.md)?(?:'s|,)?\s+\"([^\"]+)\"")
HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)


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


def dead_mentions(root: Path, files: list[str]) -> list[str]:
    """The pages, their parts and the sections of README that a text names without a link, and that are not there.

    In the tests such a name may be an example.
    """
    dead = []
    sections = {text.casefold() for text in HEADING.findall(FENCE.sub("", (root / "README.md").read_text()))}
    for name in files:
        if name.startswith("tests/") or not is_text(root / name):
            continue
        text = (root / name).read_text()
        for path, part in MENTION.findall(text):
            if path not in files or (part and part not in anchors(root / path)):
                dead.append(f"{name}: {path}{part and f'#{part}'}")
        dead += [f"{name}: {title}" for title in SECTION.findall(text) if title.casefold() not in sections]
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


@pytest.mark.parametrize("check", [dead_links, dead_paths, dead_names, dead_mentions], ids=lambda check: check.__name__)
def test_what_a_text_names_is_there(check):
    """No link, path, name or page in a text leads nowhere."""
    assert check(PROJECT, tracked(PROJECT)) == []


def test_the_messages_that_are_explained_are_those_of_the_steps():
    """What docs/troubleshooting.md quotes is said by a module of steps/: compared by the longest run of plain words."""
    table = (PROJECT / "docs" / "troubleshooting.md").read_text().partition("## Messages")[2].partition("##")[0]
    quoted = [
        quote for row in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE) for quote in re.findall(r"`([^`]+)`", row)
    ]
    assert len(quoted) >= 10
    # A message may be several strings, one after the other.
    code = re.sub(r'"\s*\n\s*f?"', "", "\n".join(path.read_text() for path in (PROJECT / "steps").rglob("*.py")))
    longest = {quote: max(re.findall(r"[A-Za-z' ]+", quote), key=len).strip() for quote in quoted}
    assert [quote for quote, words in longest.items() if words not in code] == []


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

CODE_FILE = """# See docs/page.md#two-words-1, docs/lost.md, README, "A project, `fast`", and README's "Your own moon".
class Found:
    def method(self): ...  # docs/page.md#three, https://host/docs/any.md, other/docs/any.md
"""


def test_what_is_not_there_is_named(tmp_path):
    """Each link, path, name and page that leads nowhere, and none that does not."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "docs" / "page.md").write_text("# Two words\n\n# Two words\n\n```\n# three\n```\n[up](../README.md)\n")
    (tmp_path / "docs" / "code.py").write_text(CODE_FILE)
    (tmp_path / "docs" / "p.png").touch()
    files = tracked(tmp_path)
    dead = ["docs/gone.md", "docs/page.md#three", "#there", "docs/lost.md", "docs/none.md"]
    assert dead_links(tmp_path, files) == [f"README.md: {target}" for target in dead]
    assert dead_paths(tmp_path, files) == ["README.md: docs/missing.sh", "README.md: docs/old.md"]
    assert dead_names(tmp_path, files) == ["README.md: Found.gone", "README.md: code.lost", "README.md: Found.lost"]
    named = {
        "README.md": {"docs/gone.md", "docs/page.md#three", "docs/lost.md", "docs/none.md", "docs/old.md"},
        "docs/code.py": {"docs/lost.md", "docs/page.md#three", "Your own moon"},
    }
    assert set(dead_mentions(tmp_path, files)) == {f"{file}: {name}" for file, names in named.items() for name in names}
