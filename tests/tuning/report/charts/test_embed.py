import json
import re

from steps.tuning.report.charts import embed, javascript
from steps.tuning.report.charts.chart import Chart

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


def test_the_script_asks_no_host():
    """Style, library and own script are texts in the page, none of which ends early."""
    html = str(embed.script())
    assert html.count("</script>") == 2
    assert not re.search(r"(?:src|href)=\"http|@import|url\(", html[-12_000:])
