"""Charts in a page: the script that draws them, once, and a figure for each."""

import json
from pathlib import Path

from markupsafe import Markup

from steps.tuning.report.charts import javascript, reserved
from steps.tuning.report.charts.chart import Chart

_HERE = Path(__file__).parent
_STYLE, _SCRIPT = _HERE / "embed.css", _HERE / "embed.js"


def script() -> Markup:
    """Return what the head of a page needs in order to draw figures: a style, the library, this package's script."""
    own = _SCRIPT.read_text(encoding="utf-8")
    style = _STYLE.read_text(encoding="utf-8")
    # A script ends at the first "</script", wherever it stands.
    library = javascript.bundle().replace("</script", "<\\/script")
    return Markup(f"<style>\n{style}</style>\n<script>{library}</script>\n<script>\n{own}</script>")  # nosec: own text


def figure(chart: Chart) -> Markup:
    """Return the figure of a chart: empty places, which the script fills, and their specs; nothing without a spec.

    That of a chart that is folded has its title and its note too, which a page has above that of another.
    """
    if not chart.specs:
        return Markup("")
    places = Markup("").join(
        Markup('<div class="chart"><script type="application/json">{}</script></div>').format(
            _json({"description": f"{chart.title}. {chart.alternative}", **spec})
        )
        for spec in chart.specs
    )
    text = Markup('<figure class="charts of-{}">{}</figure>').format(len(chart.specs), places)
    if chart.folded:
        note = Markup('<p class="note">{}</p>').format(chart.note)
        return Markup("<details><summary>{}</summary>{}{}</details>").format(chart.title, note, text)
    return text


def _json(spec: object) -> Markup:
    """Write a spec so that nothing in it can end its element: trials name what they are given as they like."""
    text = json.dumps(reserved.without(spec), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))
