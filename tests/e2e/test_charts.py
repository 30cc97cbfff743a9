"""What a browser makes of the charts of a page, whatever their names and values are."""

from pathlib import Path

import pytest

from steps.tuning.report.charts import chart, embed
from steps.tuning.report.charts.chart import Chart
from tests.e2e.browser import Watched, chromium, new_page

pytestmark = pytest.mark.e2e

EVIL = 'data:x" onerror="document.title=\'changed\'" <b>&'


def test_a_tooltip_shows_what_it_is_given_and_a_chart_that_fails_is_alone(tmp_path: Path) -> None:
    """`image` and `title` are names like others, and a value is a text; the chart after one that fails is drawn."""
    shown = [chart.field(f"of {name}", name, "nominal") for name in ("image", "title", "constructor")]
    encoding = {"x": {"field": "x", "type": "quantitative", "title": "constructor"}, "tooltip": shown}
    rows = [{"x": 1, "of image": EVIL, "of title": "<i>", "of constructor": 0.5}]
    spec = {"data": {"values": rows}, "mark": {"type": "point", "size": 5000, "filled": True}, "encoding": encoding}
    figures = [embed.figure(Chart("t", specs=[each])) for each in ({"mark": "no such mark"}, spec)]
    page = tmp_path / "a page.html"
    page.write_text(f"<title>as it was</title>{embed.script()}{''.join(figures)}", encoding="utf-8")
    with chromium() as browser:
        watched = Watched(new_page(browser))
        watched.page.goto(page.as_uri())
        watched.page.locator("path[aria-roledescription='point']").hover()
        tooltip = watched.page.locator("#vg-tooltip-element.visible")
        tooltip.wait_for()
        rows_of_it = [row.split("\t") for row in tooltip.inner_text().replace("\u200b", "").splitlines()]
        assert rows_of_it == [["image", EVIL], ["title", "<i>"], ["constructor", "0.5"]]
        assert watched.page.title() == "as it was"
        assert watched.page.locator("#vg-tooltip-element img").count() == 0
        assert all(url.startswith("file:") for url in watched.asked)
        assert len(watched.errors) == 1
