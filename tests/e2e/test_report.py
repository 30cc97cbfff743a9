"""The page of a study, in a browser; the files beside it; how it comes about."""

from __future__ import annotations  # a browser is imported where one is started

import json
import os
import re
import signal
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mlflow.tracking import MlflowClient

from steps.tuning.report import ui_view
from tests.e2e.browser import Watched, chromium, new_page
from tests.e2e.server import Server
from tests.e2e.tools import Place, free_port
from tests.waits import promised, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.e2e

SHOWN: dict[str, Any] = {"n_trials": 12, "folds": 2, "jobs": 2, "study": "shown", "report": "true", "champion": "true"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def shown(new_place: Callable[..., Place]) -> Iterator[tuple[Place, Server]]:
    """A finished study, run by `mlflow run` against a real tracking server, which still answers."""
    place = new_place()
    server = Server(place)
    server.start()
    place.mlflow_run("tune", **SHOWN)
    yield place, server
    server.kill()


def artifact(place: Place, name: str, study: str = "shown") -> Path:
    """Download an artifact of a study."""
    client = MlflowClient(place.env["MLFLOW_TRACKING_URI"])
    (place.folder / study).mkdir(exist_ok=True)
    return Path(client.download_artifacts(place.named(study).parent.info.run_id, name, str(place.folder / study)))


def test_the_page_opens_offline(shown: tuple[Place, Server], browser: Browser, tmp_path: Path) -> None:
    """From a file: no error, no request to any host, the pictures are drawn, a click on a column sorts by it."""
    place, _ = shown
    page = artifact(place, "report.html")
    assert page.stat().st_size < 1_500_000
    watched = Watched(new_page(browser))
    watched.page.goto(page.as_uri())
    drawn = watched.page.locator(".chart svg")
    of_champion = watched.page.locator("section[aria-labelledby=held-out-title] .chart svg")
    drawn.nth(10).wait_for()  # history, importances, two slices, contour, parallel coordinates, timeline
    assert of_champion.count() == 4  # confusion matrix, ROC, precision and recall, importances
    assert drawn.count() == watched.page.locator(".chart").count() == 11
    assert all(url.startswith(("file:", "data:", "blob:")) for url in watched.asked)
    assert watched.errors == []
    assert not watched.page.get_by_text("lets no link open").is_visible()
    scores = [float(text) for text in watched.column("cv_accuracy")]
    assert scores == sorted(scores, reverse=True)  # the best comes first
    score = watched.page.get_by_role("button", name="cv_accuracy")
    score.click()
    rising = [float(text) for text in watched.column("cv_accuracy")]
    assert rising == sorted(rising)
    score.click()
    falling = [float(text) for text in watched.column("cv_accuracy")]
    assert falling == sorted(falling, reverse=True)
    assert watched.page.inner_text("h1") == "iris: RandomForestClassifier"
    assert "held-out rows" in watched.page.inner_text(".scores")
    watched.page.screenshot(path=tmp_path / "report.png", full_page=True)
    assert (tmp_path / "report.png").stat().st_size > 20_000
    watched.page.close()


def test_the_charts_are_readable(shown: tuple[Place, Server], browser: Browser, tmp_path: Path) -> None:
    """In the colours of the system, anew when they change; as wide as the window; with words for who can't see them."""
    place, _ = shown
    watched = Watched(browser.new_page(viewport={"width": 390, "height": 800}))
    watched.page.goto(artifact(place, "report.html").as_uri())
    drawn = watched.page.locator(".chart svg")
    drawn.nth(6).wait_for()
    history = watched.page.locator(".chart > div[aria-label^='Score of each trial']")
    best = history.locator("path[stroke-width='2']").first
    light = best.get_attribute("stroke")
    watched.page.screenshot(path=tmp_path / "narrow.png", full_page=True)
    watched.page.emulate_media(color_scheme="dark")
    until(lambda: best.get_attribute("stroke") != light, 60, "the dark mode")
    watched.page.screenshot(path=tmp_path / "dark.png", full_page=True)
    drawn.nth(6).wait_for()
    for chart in watched.page.locator(".chart > div").all():
        assert len(chart.get_attribute("aria-label") or "") > 20
        size = chart.bounding_box()
        assert size is not None
        assert size["width"] <= 390
    history.locator("path[aria-roledescription='point']").first.hover()
    tooltip = watched.page.locator("#vg-tooltip-element.visible")
    tooltip.wait_for()
    assert "cv_accuracy" in tooltip.inner_text()
    assert not re.search(r"\d\.\d{7}", tooltip.inner_text())
    assert watched.errors == []
    watched.page.close()


def test_the_study_is_a_leaderboard_in_the_ui(shown: tuple[Place, Server], browser: Browser, tmp_path: Path) -> None:
    """One link, printed at the start and at the end: its trials alone, the best first, and charts of them."""
    place, server = shown
    watched = Watched(new_page(browser, viewport={"width": 1900, "height": 900}))
    link = f"http://127.0.0.1:{server.port}{ui_view.path('0', 'shown')}"
    watched.page.goto(link)
    watched.page.get_by_text("12 matching runs").wait_for(timeout=120_000)
    scores = {run.info.run_name: run.data.metrics["cv_accuracy"] for run in place.named("shown").trials}
    names = watched.page.locator("a", has_text=re.compile(r"^trial \d{3}$"))
    names.nth(11).wait_for(timeout=120_000)
    order = [scores[name] for name in names.all_inner_texts()]
    assert order == sorted(order, reverse=True)
    for column in ("trial", "cv_accuracy", "n_estimators", "max_depth"):
        watched.page.get_by_role("columnheader", name=column, exact=True).first.wait_for(timeout=120_000)
    watched.page.screenshot(path=tmp_path / "leaderboard.png")
    watched.page.close()
    watched = Watched(new_page(browser, viewport={"width": 1900, "height": 1400}))
    watched.page.goto(f"http://127.0.0.1:{server.port}{ui_view.path('0', 'shown', charts=True)}")
    watched.page.locator(".js-plotly-plot").nth(2).wait_for(timeout=120_000)
    watched.page.screenshot(path=tmp_path / "charts.png")
    watched.page.close()


def test_a_link_leads_to_the_trials_run(shown: tuple[Place, Server], browser: Browser, tmp_path: Path) -> None:
    """On a tracking server the number of a trial opens its run in the MLflow UI, and the study's page has no error."""
    place, server = shown
    watched = Watched(new_page(browser))
    watched.page.goto(artifact(place, "report.html").as_uri())
    link = watched.page.locator("#trials tbody tr a", has_text=re.compile("^3$")).get_attribute("href")
    trial = place.named("shown").trials[3]
    assert link == f"http://127.0.0.1:{server.port}/#/experiments/0/runs/{trial.info.run_id}"
    ui = Watched(new_page(browser))
    ui.page.goto(link)
    ui.page.get_by_text("trial 003").first.wait_for(timeout=120_000)
    ui.page.screenshot(path=tmp_path / "trial.png")
    parent = place.named("shown").parent.info.run_id
    ui.page.goto(f"http://127.0.0.1:{server.port}/#/experiments/0/runs/{parent}")
    ui.page.get_by_text("Best cv_accuracy").first.wait_for(timeout=120_000)  # the description
    ui.page.screenshot(path=tmp_path / "study.png")
    assert all(url.startswith((f"http://127.0.0.1:{server.port}", "data:", "blob:")) for url in ui.asked)
    ui.page.close()
    watched.page.close()


def test_the_page_works_in_the_artifact_view(shown: tuple[Place, Server], browser: Browser, tmp_path: Path) -> None:
    """In the MLflow UI, which shows it in a frame without rights: it is drawn, sorts, and says how a link is opened."""
    place, server = shown
    study = place.named("shown")
    watched = Watched(new_page(browser))
    watched.page.goto(
        f"http://127.0.0.1:{server.port}/#/experiments/0/runs/{study.parent.info.run_id}/artifacts/report.html"
    )
    frame = watched.page.frame_locator("iframe")
    frame.locator(".chart svg").nth(6).wait_for(timeout=120_000)
    score = frame.get_by_role("button", name="cv_accuracy")
    score.click()
    rising = [float(text) for text in frame.locator("#trials tbody tr td:nth-child(2)").all_inner_texts()]
    assert len(rising) == 12
    assert rising == sorted(rising)
    assert frame.get_by_text("lets no link open").is_visible()
    link = frame.locator("#trials tbody tr:nth-child(1) a").get_attribute("href")
    assert link is not None
    assert link.rsplit("/", 1)[1] in {run.info.run_id for run in study.trials}
    watched.page.screenshot(path=tmp_path / "artifact.png")
    watched.page.close()


def test_the_description_has_the_headline(shown: tuple[Place, Server]) -> None:
    """mlflow.note.content is a few lines of Markdown with what the page says first."""
    note = shown[0].named("shown").parent.data.tags["mlflow.note.content"]
    assert "- **Best cv\\_accuracy**: " in note
    assert "report.html" in note


def test_the_run_table_can_be_sorted(shown: tuple[Place, Server]) -> None:
    """Every trial has the number, the score and each hyperparameter as columns of the UI."""
    for run in shown[0].named("shown").trials:
        assert {"trial", "cv_accuracy"} <= set(run.data.metrics)
        assert {"n_estimators", "max_depth"} <= set(run.data.params)


def test_optuna_dashboard_opens_the_study(shown: tuple[Place, Server]) -> None:
    """Its own server shows the study and its trials from study.db."""
    place, _ = shown
    database, port = artifact(place, "study.db"), free_port()
    command = Path(sys.executable).parent / "optuna-dashboard"
    process = place.start([str(command), f"sqlite:///{database}", "--host", "127.0.0.1", "--port", str(port)])
    answers: list[dict[str, Any]] = []

    def answered() -> bool:
        assert process.poll() is None, (place.folder / "output.txt").read_text()
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/api/studies", timeout=5) as answer:
            answers.append(json.load(answer))
        return bool(answers)

    try:
        until(answered, 120, "optuna-dashboard")
        (study,) = answers[0]["study_summaries"]
        assert study["study_name"] == "shown"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/studies/{study['study_id']}", timeout=120) as answer:
            assert len(json.load(answer)["trials"]) == 12
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.slow
def test_an_interrupted_study_has_its_report(place: Place) -> None:
    """A page while it runs; after Ctrl-C page, table and best parameters are of what had finished; no study.db."""
    words = place.step_command("steps.tune", **{**SHOWN, "n_trials": 5000, "folds": 1, "study": "cut"})
    process = place.start(words, cwd=Path(place.project))

    def pages() -> list[str]:
        parents = place.client.search_runs(["0"], "tags.`tuning.role` = 'study' AND tags.`tuning.study` = 'cut'")
        artifacts = place.client.list_artifacts(parents[0].info.run_id) if parents else []
        return [file.path for file in artifacts if file.path == "report.html"]

    until(pages, 120, "a page of a study that runs")
    process.send_signal(signal.SIGINT)
    with promised(10):
        assert process.wait(timeout=120) == 130
    place.all_gone()
    assert "not done in time" not in (place.folder / "output.txt").read_text()
    table = artifact(place, "trials.csv", "cut").read_text().splitlines()
    assert len(table) > 30
    assert "Study cut" in artifact(place, "report.html", "cut").read_text()
    names = {file.path for file in place.client.list_artifacts(place.named("cut").parent.info.run_id)}
    assert {"report.html", "trials.csv", "best.yaml"} <= names
    assert "study.db" not in names


@pytest.mark.slow
def test_a_study_in_which_all_fails_has_a_page(place: Place) -> None:
    """No trial finished: the page has the reasons."""
    space = place.folder / "wrong.yaml"
    space.write_text("estimator: sklearn.svm.SVC\nC: {type: float, low: -2, high: -1}\n")
    done = place.step("steps.tune", space=space, n_trials=3, study="wrong", report="true")
    assert done.code == 3
    html = artifact(place, "report.html", "wrong").read_text()
    assert "No trial has finished: 3 failed." in html
    assert "All of its 3 trials have ended" in html
    assert "The &#39;C&#39; parameter of SVC" in html
