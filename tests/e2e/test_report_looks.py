"""How the page of a study looks, in a browser: on a desk and on a phone, light and dark; for whom cannot see, too.

The pictures that it takes lie in the test's temporary folder, to be looked at.
"""

from __future__ import annotations  # a browser is imported where one is started

import csv
import functools
import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from steps.tuning.report.charts import embed
from steps.tuning.report.charts.chart import Chart
from tests.e2e.browser import Watched, chromium, new_page
from tests.e2e.tools import Place
from tests.host import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.e2e

SAMPLES = ROOT / "tests" / "samples"
WIDTHS = {1280: 900, 390: 844}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
ALL: dict[str, Any] = {"report": "true", "jobs": 2, "folds": 3}

# The studies by name; `table` is put in where the data are a table.
STUDIES: dict[str, dict[str, Any]] = {
    "flowers before": {"n_trials": 4, "sampler": "random"},
    "flowers": {"n_trials": 12, "champion": "true"},
    "automl": {"n_trials": 12, "data": "table", "space": "automl", "champion": "true", "target": "churned"},
    "regression": {"n_trials": 12, "data": "diabetes", "space": "linear", "champion": "true"},
    "two objectives": {"n_trials": 12, "objective": "cv_accuracy,fit_time_s"},
    "pruned": {
        "n_trials": 20, "pruner": "median:startup=2", "folds": 5, "max_failures": 20,
        "space": "estimator=sklearn.svm.SVC C=[-1,0.001,1,9]",
    },
    "own script": {
        "n_trials": 12, "entry_point": SAMPLES / "own_script.py", "objective": "loss", "direction": "minimize",
        "space": "lr=log(1e-4,0.9) momentum=0..0.99", "folds": "auto",
    },
    "all fail": {"n_trials": 3, "space": "estimator=sklearn.svm.SVC C=-2..-1"},
}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    with chromium() as opened:
        yield opened


Reports = Callable[[str], Path]


@pytest.fixture(scope="module")
def report(new_place: Callable[..., Place]) -> Reports:
    """Run a study, once, in the place of all of them; download its page."""
    place = new_place()
    table = place.folder / "a folder with a name as long as that of a bucket" / f"{'customers-' * 6}2026.csv"
    table.parent.mkdir()
    _write(table)

    @functools.cache
    def page_of(name: str) -> Path:
        if name == "flowers":
            page_of("flowers before")
        given = {**ALL, **STUDIES[name], "study": name}
        if given.get("data") == "table":
            given["data"] = table
        done = place.step("steps.tune", **given)
        assert done.code == (3 if name == "all fail" else 0), done.stderr
        folder = place.folder / "reports" / name
        folder.mkdir(parents=True)
        run_id = place.named(name).parent.info.run_id
        return Path(place.client.download_artifacts(run_id, "report.html", str(folder)))

    return page_of


def _write(path: Path) -> None:
    """Write a mixed table: numbers with gaps, categories, dates, and a class that depends on some of them."""
    rows = random.Random(0)
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["age", "income", "city", "since", "plan", "churned"])
        for _ in range(160):
            age, income = rows.randint(18, 80), rows.choice(["", round(rows.gauss(4000, 900), 2)])
            plan = rows.choice(["basic", "plus", "family"])
            since = f"20{rows.randint(10, 25)}-0{rows.randint(1, 9)}-1{rows.randint(0, 9)}"
            leaves = (age < 35) + (plan == "basic") + rows.random() > 1.4
            city = rows.choice(["Bern", "Basel", "Genf"])
            table.writerow([age, income, city, since, plan, "yes" if leaves else "no"])


@pytest.fixture(
    params=[
        pytest.param(name, marks=[pytest.mark.slow] if name in ("regression", "two objectives") else [])
        for name in STUDIES
        if name != "flowers before"
    ]
)
def page(request: pytest.FixtureRequest, report: Reports) -> Path:
    """The page of each study in turn."""
    return report(request.param)


# What has no text, or no size, though it should: an empty card, cell of a description, heading, note.
EMPTY = """() => [...document.querySelectorAll("h1, h2, h3, h4, p, dt, dd, th, pre, caption, figure, section, .card")]
  .filter(e => e.id !== "framed" && !e.innerText.trim() && !e.querySelector("svg, canvas"))
  .map(e => e.outerHTML.slice(0, 200))"""
# What stands out on the right of the window, other than what scrolls by itself.
OVERFLOWING = """() => [...document.querySelectorAll("body *")]
  .filter(e => e.getBoundingClientRect().right > window.innerWidth + 1 && !e.closest(".wide, svg, .skip"))
  .map(e => e.outerHTML.slice(0, 200))"""
LEVELS = """() => [...document.querySelectorAll("h1, h2, h3, h4")].map(e => Number(e.tagName[1]))"""


def test_a_page_fits_and_nothing_in_it_is_empty(
    page: Path, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No error or warning, no request, nothing that reaches over the edge, no empty box; pictures of it are taken."""
    folder = tmp_path_factory.getbasetemp() / "pictures"
    folder.mkdir(exist_ok=True)
    for width, height in WIDTHS.items():
        size = {"width": width, "height": height}
        watched = Watched(new_page(browser, viewport=size, reduced_motion="reduce"))
        watched.page.goto(page.as_uri())
        watched.page.wait_for_load_state("networkidle")
        for scheme in SCHEMES:
            watched.page.emulate_media(color_scheme=scheme)
            name = f"{page.parent.name.replace(' ', '-')}-{width}-{scheme}.png"
            watched.page.screenshot(path=folder / name, full_page=True)
            assert watched.page.evaluate("document.documentElement.scrollWidth") <= width
            assert watched.page.evaluate(OVERFLOWING) == []
            assert watched.page.evaluate(EMPTY) == []
        assert watched.errors == watched.warnings == []
        assert all(url.startswith(("file:", "data:", "blob:")) for url in watched.asked)
        watched.page.close()


def test_a_page_is_accessible(page: Path, browser: Browser) -> None:
    """axe-core has no serious finding, light or dark; headings are in order; the first key leads past the top."""
    from axe_playwright_python.sync_playwright import Axe

    opened = new_page(browser, viewport={"width": 1280, "height": 900})
    opened.goto(page.as_uri())
    opened.wait_for_load_state("networkidle")
    for scheme in SCHEMES:
        opened.emulate_media(color_scheme=scheme)
        found = [
            (each["id"], [node["html"][:200] for node in each["nodes"]])
            for each in Axe().run(opened).response["violations"]
            if each["impact"] in ("serious", "critical")
        ]
        assert found == [], scheme
    levels = opened.evaluate(LEVELS)
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.className") == "skip"
    opened.close()


def test_a_name_is_no_colour(browser: Browser, tmp_path: Path) -> None:
    """The page's colours stand where a chart has a colour, and not where a person has called something so."""
    x = {"field": "x", "type": "quantitative", "title": "--ink"}
    mark = {"type": "point", "color": "--ink"}
    chart = Chart("t", specs=[{"data": {"values": [{"x": 1}]}, "mark": mark, "encoding": {"x": x}}])
    page = tmp_path / "page.html"
    style = "<!doctype html><meta charset=utf-8><style>:root { --ink: #123456 }</style>"
    page.write_text(f"{style}{embed.script()}{embed.figure(chart)}", encoding="utf-8")
    opened = new_page(browser)
    opened.goto(page.as_uri())
    opened.locator(".chart svg").wait_for()
    assert opened.locator("path[stroke='#123456']").count() == 1
    assert "--ink" in (opened.locator(".chart svg").text_content() or "")
    opened.close()


def test_a_phone_has_each_cost_on_one_line(report: Reports, browser: Browser) -> None:
    """Name on the left, number on the right; so what a study cost takes no more than the height of its lines."""
    opened = new_page(browser, viewport={"width": 390, "height": 844})
    opened.goto(report("flowers").as_uri())
    heights = opened.evaluate("[...document.querySelectorAll('.cost div')].map(e => e.offsetHeight)")
    assert len(heights) >= 4
    assert max(heights) < 40
    opened.close()


def test_a_page_can_be_printed(report: Reports, browser: Browser) -> None:
    """Tables are not cut where they would scroll, and what only leads elsewhere is left out."""
    opened = new_page(browser, viewport={"width": 1280, "height": 900})
    opened.goto(report("flowers").as_uri())
    opened.emulate_media(media="print")
    assert opened.evaluate("getComputedStyle(document.querySelector('.wide')).overflow") == "visible"
    assert not opened.locator("nav").is_visible()
    assert len(opened.pdf(format="A4")) > 10_000
    opened.close()


def test_each_study_says_what_became_of_it(report: Reports, browser: Browser) -> None:
    """A front has its list; a pruned study says where; a failed one why; a script's claims nothing of data."""
    opened = new_page(browser)

    def text(study: str) -> str:
        opened.goto(report(study).as_uri())
        return str(opened.inner_text("body"))

    assert "No other trial is better than these in both objectives." in text("two objectives")
    pruned = text("pruned")
    assert "pruned after fold " in pruned
    assert "The 'C' parameter of SVC" in pruned
    script = text("own script")
    assert not [word for word in ("iris", "held out", "folds", "Split") if word in script]
    assert "Tuning lowered loss from " in script
    assert "No trial has finished: " in text("all fail")
    flowers = text("flowers")
    assert "Beside the earlier studies of this experiment" in flowers
    assert "flowers before" in flowers
    opened.close()
