"""The site of `scripts/docs`: every page is in it, no link leads nowhere, it opens offline, and the search finds."""

from __future__ import annotations  # a browser is imported where one is started

import functools
import html
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from steps.project.environment import PROJECT
from tests.e2e.tools import copy_project, install

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
LIMIT_MS = 120_000
LOADED = re.compile(r"<(?:script|img|iframe)\b[^>]*\bsrc=\"?([^\s\">]+)|<link\b[^>]*\bhref=\"?([^\s\">]+)")


def build(project: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the site as `scripts/docs` does."""
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environ = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(words, cwd=project, env=environ, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of this tree."""
    folder = tmp_path_factory.mktemp("a site")
    built = build(PROJECT, folder)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def page(site: Path) -> Iterator[Page]:
    """A page of headless Chromium, and the site served on loopback."""
    from playwright.sync_api import sync_playwright

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    if shutil.which("chromium") is None:
        install("chromium")
    handler = functools.partial(Handler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser.new_page(base_url=f"http://127.0.0.1:{server.server_address[1]}")
        browser.close()
        server.shutdown()


def test_every_page_is_there(site: Path) -> None:
    """README as home, each page of docs/, the examples, and each source that one of them links to."""
    home = (site / "index.html").read_text()
    heading = (PROJECT / "README.md").read_text().partition("\n")[0].removeprefix("# ")
    assert html.escape(heading, quote=False) in home
    for text in (PROJECT / "docs").glob("*.md"):
        assert f'href="{text.stem}.html"' in home or f"href={text.stem}.html" in home
        assert (site / text.with_suffix(".html").name).is_file()
    assert (site / "examples" / "index.html").is_file()
    for link in re.findall(r"\]\(\.\./(steps/[\w/.]+\.py)\)", (PROJECT / "docs" / "architecture.md").read_text()):
        assert "<h1 id" in (site / "source" / f"{link}.html").read_text()


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    """Scripts, styles, fonts and pictures are the site's own."""
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    loaded = {url for page in pages for pair in LOADED.findall(page.read_text()) for url in pair if url}
    assert any(url.endswith(".css") for url in loaded)
    assert [url for url in loaded if url.startswith(("http:", "https:", "//"))] == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_reads_on_a_desktop_and_a_phone(page: Page, width: int, scheme: str) -> None:
    """In the colours of the system; nothing pushes a page sideways, asks another host, or complains."""
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for name in ("index", "parameters", "search-settings"):
        page.goto(f"/{name}.html", wait_until="networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        wanted = {"light": "default", "dark": "slate"}[scheme]
        assert page.get_attribute("body", "data-md-color-scheme") == wanted
    assert complaints == []
    assert [url for url in asked if not url.startswith(("http://127.0.0.1:", "data:"))] == []


def test_the_search_finds_a_parameter(page: Page) -> None:
    """What is typed leads to the pages that have it; sources are not among them."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/index.html", wait_until="networkidle")
    search = page.get_by_role("textbox", name="Search")
    search.click()
    page.get_by_text("Type to start searching").wait_for(timeout=LIMIT_MS)  # the index is there
    search.press_sequentially("trial_timeout_s")  # it listens to keys
    page.locator(".md-search-result__link").first.wait_for(timeout=LIMIT_MS)
    links = page.locator(".md-search-result__link").evaluate_all("links => links.map(link => link.href)")
    assert any("/parameters.html" in link for link in links)
    assert not any("/source/" in link for link in links)


def test_a_broken_link_fails(tmp_path: Path) -> None:
    """A page, a heading and a source that are not there are named, each on a line."""
    project = copy_project(tmp_path / "project")
    readme = project / "README.md"
    readme.write_text(f"{readme.read_text()}\n[a](docs/gone.md) [b](docs/data.md#lost) [c](steps/missing.py)\n")
    built = build(project, tmp_path / "site")
    assert built.returncode == 1
    for name in ("gone.md", "data.md#lost", "steps/missing.py"):
        assert re.search(rf"^WARNING .*{re.escape(name)}", built.stderr, re.MULTILINE), built.stderr
