"""Headless Chromium, and a page in it that notes its errors and whom it asks."""

from __future__ import annotations  # a browser is imported where one is started

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.e2e.tools import install
from tests.waits import PATIENCE_S

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

# No sandbox for root; and nothing that a browser would ask of the network by itself.
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium; it is installed where it is missing."""
    from playwright.sync_api import sync_playwright

    if shutil.which("chromium") is None:
        install("chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)
        yield opened
        opened.close()


def new_page(browser: Browser, **options: Any) -> Page:
    """Open an empty page that is patient: a page with charts takes its time where the machine is busy."""
    page = browser.new_page(**options)
    page.set_default_timeout(PATIENCE_S * 1000)
    return page


class Watched:
    """A page in a browser, what it said on its console and whom it asked."""

    def __init__(self, page: Page):
        self.page = page
        self.errors: list[str] = []
        self.warnings: list[str] = []
        self.asked: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)
        elif message.type == "warning":
            self.warnings.append(message.text)

    def column(self, name: str) -> list[str]:
        """The texts in a column of the table of trials, by its name."""
        heads = self.page.locator("#trials thead th").all_inner_texts()
        place = [head.strip(" ▲▼") for head in heads].index(name)
        return self.page.locator(f"#trials tbody tr > :nth-child({place + 1})").all_inner_texts()
