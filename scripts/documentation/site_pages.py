"""Give MkDocs the pages outside docs/: README.md as home, the other texts, and each file that a page links to.

MkDocs calls the functions that start with `on_`; mkdocs.yml names this file as its hook. Links in the texts lead to
where files are in the repository, as they do on a Git server; in the site they lead to the pages that are made of them.
"""

import posixpath
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

# Texts beside docs/ that are pages; the path of one in the site is that in the repository.
TEXTS = ("*.md", "examples/**/*.md")
# Where the home page comes from, and where the pages of sources go.
HOME, SOURCES = "README.md", "source"
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".svg")
LANGUAGES = {".py": "python", ".yaml": "yaml", ".yml": "yaml", ".sh": "bash", ".toml": "toml"}
_CODE = re.compile(r"^ *(```+|~~~+).*?^ *\1 *$|(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)", re.MULTILINE | re.DOTALL)
# One in Markdown, or the source of a picture in HTML.
_LINK = re.compile(r"(\]\(\s*<?|\bsrc(?:set)?=\")([^\s)>#\"]+)((?:#[^\s)>\"]*)?)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages outside docs/, and those of the sources that any page links to."""
    root = repository(config)
    for path in sorted({path for pattern in TEXTS for path in root.glob(pattern)}):
        name = path.relative_to(root).as_posix()
        files.append(File.generated(config, in_site(name), abs_src_path=str(path)))
    for page in list(files.documentation_pages()):
        for target in _targets(in_repository(page, config), page.content_string):
            place = in_site(target)
            if not (root / target).is_file() or files.get_file_from_path(place):
                continue
            if place == target:
                files.append(File.generated(config, place, abs_src_path=str(root / target)))
            else:
                files.append(File.generated(config, place, content=_source(root / target, target)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead the links of a page to the pages of the site."""
    if page.file.src_uri.startswith(f"{SOURCES}/"):
        return markdown
    name = in_repository(page.file, config)
    return "".join(
        part if is_code else _LINK.sub(lambda link: link[1] + _moved(name, link[2]) + link[3], part)
        for is_code, part in _parts(markdown)
    )


def repository(config: MkDocsConfig) -> Path:
    """Return the folder that mkdocs.yml is in."""
    return Path(config.config_file_path).parent


def in_site(name: str) -> str:
    """Return the path that a file of the repository has among MkDocs's sources.

    >>> in_site("README.md"), in_site("docs/data.md"), in_site("examples/README.md"), in_site("steps/names.py")
    ('index.md', 'data.md', 'examples/README.md', 'source/steps/names.py.md')
    """
    if name == HOME:
        return "index.md"
    if name.startswith("docs/"):
        return name.removeprefix("docs/")
    return name if name.endswith((".md", *PICTURES)) else f"{SOURCES}/{name}.md"


def in_repository(file: File, config: MkDocsConfig) -> str:
    """Return the path in the repository of a page that is one of its texts."""
    return Path(str(file.abs_src_path)).relative_to(repository(config)).as_posix()


def _moved(page: str, link: str) -> str:
    """Return a link of a page of the repository as it is in the site."""
    target = _target(page, link)
    if target is None:
        return link
    return posixpath.relpath(in_site(target), posixpath.dirname(in_site(page)) or ".")


def _targets(page: str, markdown: str) -> list[str]:
    """Return the files of the repository that a page links to."""
    links = [link[2] for is_code, part in _parts(markdown) if not is_code for link in _LINK.finditer(part)]
    return [target for link in links if (target := _target(page, link)) is not None]


def _target(page: str, link: str) -> str | None:
    """Return the path in the repository that a page's link leads to; None if it leads elsewhere.

    So does one to a file of this machine: it is no part of the site.

    >>> _target("docs/data.md", "../steps/names.py"), _target("docs/data.md", "/etc/hosts")
    ('steps/names.py', None)
    """
    if urlsplit(link).scheme or link.startswith("/"):
        return None
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(link)))
    return None if target.startswith(("../", "/")) or target == ".." else target


def _parts(markdown: str) -> list[tuple[bool, str]]:
    """Split a text into what is code and what is not."""
    parts, end = [], 0
    for code in _CODE.finditer(markdown):
        parts += [(False, markdown[end : code.start()]), (True, code[0])]
        end = code.end()
    return [*parts, (False, markdown[end:])]


def _source(path: Path, name: str) -> str:
    """Write the page of a source: its text in a fence that is longer than any in it, and left out of the search."""
    text = path.read_text()
    fence = "`" * max(3, *(len(ticks) + 1 for ticks in re.findall(r"`+", text + "`")))
    head = f"---\ntitle: {name}\nsearch:\n  exclude: true\n---\n\n# `{name}`\n\n"
    return f"{head}{fence}{LANGUAGES.get(path.suffix, 'text')}\n{text.rstrip()}\n{fence}\n"
