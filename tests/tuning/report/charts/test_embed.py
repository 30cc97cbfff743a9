import json
import re
from html import escape
from multiprocessing import Pipe
from typing import cast

import pytest
import vl_convert

from steps.errors import StepError
from steps.tracking.evaluation import Confusion, FeatureImportance, FeatureImportances
from steps.tuning.report import build
from steps.tuning.report.charts import embed, javascript, model_confusion, model_features
from steps.tuning.report.charts.chart import Chart
from steps.tuning.study_plan import StudyPlan
from tests import needs

EVIL = "</script><script>alert('x')</script> & \"more\""


def test_nothing_in_a_spec_ends_its_element():
    """What a trial calls something is data, and arrives as it was."""
    html = str(embed.figure(Chart("t", specs=[{"data": {"values": [{"name": EVIL}]}}], alternative=EVIL)))
    (text,) = re.findall(r'<script type="application/json">(.*?)</script>', html)
    assert json.loads(text) == {"description": f"t. {EVIL}", "data": {"values": [{"name": EVIL}]}}
    assert html.count("<script") == 1


def test_a_chart_without_a_spec_has_no_figure():
    """Its note says why."""
    assert str(embed.figure(Chart("t", "why"))) == ""


def test_a_folded_chart_is_drawn_on_request():
    """It stands in an element that opens by keyboard and pointer."""
    html = str(embed.figure(Chart("<all>", "note", specs=[{}, {}], folded=True)))
    assert html.startswith('<details><summary>&lt;all&gt;</summary><p class="note">note</p><figure')
    assert html.count('class="chart"') == 2


@needs.PROC  # the JavaScript engine does, on Linux
def test_the_library_is_bundled_once(tmp_path, monkeypatch):
    """It is kept in the user's cache folder; one that was cut off there is made again; no folder does no harm."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a cache"))
    javascript.bundle.cache_clear()
    text = javascript.bundle()
    (file,) = (tmp_path / "a cache").rglob("*.js")
    assert file.read_text(encoding="utf-8") == text
    assert len(text) < 1_000_000
    # Its JavaScript engine takes 3 s at each start: from now on the process prints what that one has made.
    (tmp_path / "made.js").write_text(text, encoding="utf-8")
    words = f"import sys, pathlib; sys.stdout.buffer.write(pathlib.Path({str(tmp_path / 'made.js')!r}).read_bytes())"
    monkeypatch.setattr(javascript, "_BUNDLE", words)
    file.write_text(text[:1000], encoding="utf-8")
    javascript.bundle.cache_clear()
    assert javascript.bundle() == text
    assert file.read_text(encoding="utf-8") == text
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    javascript.bundle.cache_clear()
    assert javascript.bundle() == text
    javascript.bundle.cache_clear()


def test_why_nothing_could_be_bundled(tmp_path, monkeypatch):
    """The reason is what has failed said last, in a line or several; what stands by for a report doesn't end for it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for raised, told in (
        ("ImportError('libz.so.1: no such file')", "ImportError: libz.so.1: no such file"),
        ("AssertionError('`left == right` failed\\n  left: 2\\n right: 0')", "failed left: 2 right: 0"),
        ("SystemExit(3)", "exit code 3"),
    ):
        monkeypatch.setattr(javascript, "_BUNDLE", f"raise {raised}")
        javascript.bundle.cache_clear()
        with pytest.raises(StepError, match=r"^the charts' JavaScript can't be made by vl-convert-python: ") as refused:
            javascript.bundle()
        assert str(refused.value).endswith(told)
    ours, theirs = Pipe()
    theirs.send(build.END)
    build.serve(ours, cast(StudyPlan, None), "", "")
    javascript.bundle.cache_clear()


def test_the_script_asks_no_host():
    """Style, library and own script are texts in the page, none of which ends early."""
    html = str(embed.script())
    assert html.count("</script>") == 2
    assert not re.search(r"(?:src|href)=\"http|@import|url\(", html[-12_000:])


@pytest.mark.parametrize("name", ["constructor", "toString", "__proto__", "a\u2028b", "it's \"</script>"])
def test_what_has_a_name_that_javascript_knows_is_drawn(name):
    """As an objective, a feature and a class: Vega would look such names up, and fail."""
    titled = {"data": {"values": [{"x": 1}]}, "mark": "point", "encoding": {"x": {"field": "x", "title": name}}}
    importances = FeatureImportances(2, 2, [FeatureImportance(each, 0.5, 0.1) for each in (name, "b")])
    charts = [
        Chart("t", specs=[titled]),
        model_confusion.draw(Confusion([name, "b"], [[1, 2], [3, 4]]), weighted=False),
        model_features.draw(importances, name),
    ]
    for text in re.findall(
        r'<script type="application/json">(.*?)</script>', "".join(map(str, map(embed.figure, charts)))
    ):
        svg = vl_convert.vegalite_to_svg({"width": 600, **json.loads(text)})
        assert escape(name, quote=False).replace("\u2028", " ") in svg.replace("\u200b", "")
