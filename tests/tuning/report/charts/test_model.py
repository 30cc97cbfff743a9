"""Pictures of the champion's model, of what its run has on record."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import vl_convert

from steps.tracking import evaluation
from steps.tracking.evaluation import (
    Calibration,
    CalibrationBin,
    Confusion,
    Curve,
    Curves,
    FeatureImportance,
    FeatureImportances,
    HeldOutEvaluation,
    Predicted,
)
from steps.tuning import report
from steps.tuning.report import load_study, page
from steps.tuning.report.champion_record import NOTHING, ModelRecord
from steps.tuning.report.charts import (
    long_names,
    model,
    model_confusion,
    model_curves,
    model_features,
    model_quantity,
)

LINE = ([0.0, 0.5, 1.0], [0.0, 0.8, 1.0])
EVIL = "<b>\"class\"</b> 'of' \\ a long name, {}"


def svg(spec: Any) -> str:
    """What is drawn of a spec; the colours are the page's."""
    inked = json.loads(re.sub(r'"--\w+"', '"#123456"', json.dumps(spec)))
    return str(vl_convert.vegalite_to_svg({"width": 600, **inked}))


def texts(drawn: str) -> list[str]:
    """The texts of a picture."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", drawn)


def curve(name, area=0.9):
    return Curve(name, 0.2, area, 0.7, LINE, LINE)


def test_counts_and_shares_stand_in_the_cells():
    """In the order of the classes; the note has how many are right, the alternative what is mistaken for what."""
    chart = model_confusion.draw(Confusion(["a", "b"], [[9, 1], [0, 1230]]), weighted=False)
    assert chart.note.startswith("1,239 of 1,240 held-out rows are predicted right (99.9 %). ")
    assert chart.alternative.endswith("Most often mistaken: a for b (1).")
    drawn = texts(svg(chart.specs[0]))
    assert {"9", "90%", "1", "10%", "1,230", "100%"} <= set(drawn)
    assert "0" not in drawn


def test_weights_are_no_rows():
    """Their sums are said, and shown with few digits."""
    chart = model_confusion.draw(Confusion(["a", "b"], [[0.5, 0.123456], [0, 0]]), weighted=True)
    assert chart.note.startswith("Of 0.623456, the weight of the held-out rows, 80.2 % is predicted right. ")
    assert "Each cell has the weight of its rows, and " in chart.note
    assert {"0.5", "0.1235", "80%"} <= set(texts(svg(chart.specs[0])))


def test_classes_that_are_drawn_as_one_are_said():
    """What is right among them is not what lies on the diagonal."""
    chart = model_confusion.draw(
        Confusion(["a", "b", "7 others"], [[5, 0, 0], [0, 5, 0], [1, 0, 9]], 7, 4), weighted=False
    )
    assert chart.note.startswith("14 of 20 held-out rows")
    assert chart.note.endswith(
        "The 7 classes with the fewest mistakes are drawn as one: in its cell, 4 of 9 are predicted right."
    )


def test_any_name_is_drawn_as_a_text():
    """Markup, quotes and long names; what is cut stays apart."""
    names = [EVIL.format(number) for number in range(12)]
    counts = [[int(row == column) for column in range(12)] for row in range(12)]
    drawn = svg(model_confusion.draw(Confusion(names, counts), weighted=False).specs[0])
    assert "<b>" not in drawn
    shown = [text for text in texts(drawn) if "class" in text or "name" in text]
    assert len(shown) == 24
    assert len(set(shown)) == 12
    long = model_confusion.draw(Confusion(["x" * 60, "x" * 60 + " (2)"], [[1, 0], [0, 1]]), weighted=False)
    assert max(map(len, texts(svg(long.specs[0])))) <= 28


def full(colour):
    """A colour with six digits: #fff is #ffffff."""
    return colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])


def luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return sum(part * each for part, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def blended(colour, below, opacity):
    pairs = [(int(colour[at : at + 2], 16), int(below[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(opacity * over + (1 - opacity) * under):02x}" for over, under in pairs)


def test_a_number_is_read_on_every_shade():
    """The contrast is 4.5 at least, in light and in dark (WCAG 2.2, 1.4.3)."""
    folder = Path(report.__file__).parent
    style = "".join(path.read_text() for path in folder.rglob("*") if path.suffix in (".html", ".css"))
    for theme in (0, 1):
        ink, paper, card, deep = (
            full(re.findall(rf"--{name}: (#\w+)", style)[theme]) for name in ("ink", "paper", "card", "deep")
        )
        light, middle, dark, darkest = model_confusion.SHADES["range"]
        for opacity, text in ((light, ink), (middle, ink), (dark, paper), (darkest, paper)):
            one, other = sorted((luminance(blended(deep, card, opacity)), luminance(text)))
            assert (other + 0.05) / (one + 0.05) >= 4.5, (theme, opacity)


def test_the_curves_of_one_class():
    """What it is and how well it is ranked stands in the note; nothing needs a legend."""
    chart = model_curves.draw(Curves(1, [curve("ill", 0.98765)]), None)
    assert chart is not None
    assert chart.title == "ROC and precision–recall"
    assert "the class ill, 20 % of the held-out rows: ROC AUC 0.9877, average precision 0.7." in chart.note
    assert ["ill" in texts(svg(spec)) for spec in chart.specs] == [False, False]
    weighted = model_curves.draw(Curves(1, [curve("ill")]), None, weighted=True)
    assert weighted is not None
    assert "20 % of the held-out rows by weight" in weighted.note


@pytest.mark.parametrize("count", [3, 12])
def test_the_curves_of_several_classes(count):
    """Each has its line, told from the others by its dashes too; of many, the mean is among them."""
    drawn = [curve(f"class {number}", 0.9 - number / 100) for number in range(min(count, 5))]
    chart = model_curves.draw(Curves(count, drawn, 0.93, LINE), None)
    assert chart is not None
    assert ("5 of 12 classes with the lowest" in chart.note) == (count == 12)
    assert "class 2), 0.89 (class 1), 0.9 (class 0); the mean of all" in chart.note
    roc = svg(chart.specs[0])
    assert ("mean of all 12" in texts(roc)) == (count == 12)
    dashes = set(re.findall(r'stroke-dasharray="([^"]*)"', roc))
    assert len(dashes) >= len(drawn)


def test_probabilities_beside_what_came_true():
    """Of one class, or of each row's likeliest; the note has how many groups are as they should be."""
    bins = [CalibrationBin(0.1, 0.2, 0.05, 0.4, 30), CalibrationBin(0.9, 0.6, 0.5, 0.7, 31)]
    chart = model_curves.draw(None, Calibration("ill", bins))
    assert chart is not None
    assert chart.title == "Calibration"
    assert "probability of ill" in chart.note
    assert chart.note.endswith("inside it in 1 of 2 groups.")
    assert "Calibration" in texts(svg(chart.specs[0]))
    several = model_curves.draw(None, Calibration(None, bins))
    assert several is not None
    assert "probability of the predicted class" in several.note
    assert model_curves.draw(None, None) is None


@pytest.mark.parametrize("scale", [1, 1e9, 1e-9])
def test_predicted_against_actual(scale):
    """Two pictures; numbers of any size are written as they are."""
    actual, predicted = [scale * each for each in (1, 2, 3, 4)], [scale * each for each in (1, 2, 3, 5)]
    residuals = [one - other for one, other in zip(actual, predicted, strict=True)]
    chart = model_quantity.draw(Predicted(4, actual, predicted, residuals))
    assert "Half of them are off by 0 or less." in chart.note
    drawn = texts(svg(chart.specs[0]))
    assert {1: "2", 1e9: "2,000,000,000", 1e-9: "2e-9"}[scale] in drawn
    assert "actual less predicted" in texts(svg(chart.specs[1]))


def test_what_is_far_off_does_not_press_the_rest_into_a_line():
    """It is drawn at the edge, and that is said; so are rows that are not drawn, and weights."""
    chart = model_quantity.draw(Predicted(1000, [1, 2, 3], [1, 2, 1e12], [0, 0, 3 - 1e12], [1, 2, 3]))
    assert "3 of 1,000 rows are drawn, picked at random." in chart.note
    assert "The larger the point, the greater its weight." in chart.note
    assert chart.note.endswith("1 prediction far off is drawn at the edge.")
    for spec in chart.specs:
        for axis in "xy":
            assert max(map(abs, spec["layer"][1]["encoding"][axis]["scale"]["domain"])) < 10


@pytest.mark.parametrize(("actual", "predicted"), [(5.0, 5.0), (5.0, 6.0), (5.0, 4.94186), (0.0, 0.0), (1e9, 1e9 + 1)])
def test_a_target_that_is_the_same_in_all_rows(actual, predicted):
    """It is drawn: the axes have a length."""
    chart = model_quantity.draw(Predicted(2, [actual] * 2, [predicted] * 2, [actual - predicted] * 2))
    assert "edge" not in chart.note
    for spec in chart.specs:
        assert "NaN" not in svg(spec)
        for axis in spec["layer"][1]["encoding"].values():
            if "scale" in axis:
                assert axis["scale"]["domain"][0] < axis["scale"]["domain"][1]


def importances(losses, of=None, repeats=5):
    features = [FeatureImportance(f"x{number}", loss, 0.01) for number, loss in enumerate(losses)]
    return FeatureImportances(of or len(losses), repeats, features)


@pytest.mark.parametrize(
    ("measured", "bars", "said"),
    [
        (importances([0.3, 0.2]), 2, "5 times: mean and standard deviation."),
        (importances([0.3, 0.2], repeats=1), 2, "are shuffled, once."),
        (importances([0.1 + 1 / (1 + n) for n in range(20)], of=300), 15, "There was time for 20 of 300 features."),
        (importances([0.1 + 1 / (1 + n) for n in range(50)], of=300), 15, "The first 15 of 300 features."),
        (importances([0.3, 0, -0.1]), 1, "It falls for 1 of 3 features."),
    ],
)
def test_the_most_important_features_come_first(measured, bars, said):
    """With the spread of the repeats, if there are some; those that don't matter are counted."""
    chart = model_features.draw(measured, "accuracy")
    assert chart.note.endswith(said)
    drawn = texts(svg(chart.specs[0]))
    assert [text for text in drawn if re.fullmatch(r"x\d+", text)] == [f"x{number}" for number in range(bars)]
    assert (len(chart.specs[0]["layer"]) > 1) == (measured.repeats > 1)


def test_where_no_feature_matters_there_is_no_picture():
    """As of a dummy."""
    chart = model_features.draw(importances([0, 0, -0.1]), "r2")
    assert (chart.specs, chart.note) == (
        (),
        "No feature matters: r2 does not fall when the values of one are shuffled.",
    )


def test_names_are_cut_where_they_differ():
    """In the middle, at the end or at the start, whichever keeps them apart."""
    for name in ("{} at the start" + "x" * 30, "x" * 10 + "{}" + "y" * 40, "x" * 40 + "at the end {}"):
        shown = long_names.shortened([name.format(number) for number in range(10)])
        assert len(set(shown)) == 10
        assert not [each for each in shown if len(each) > 24 or "(" in each]


class Loaded:
    """As much of a study's record as is drawn here."""

    def __init__(self, record):
        self.model = record


def test_of_a_champion_that_says_nothing_nothing_is_drawn():
    """One that says what can't be read has a reason in place of pictures."""
    nothing: Any = Loaded(NOTHING)
    assert model.draw(nothing) == []
    unread: Any = Loaded(ModelRecord(problem="version: Input should be 1"))
    (chart,) = model.draw(unread)
    assert chart.specs == ()
    assert chart.note == "The artifact of the champion's run can't be drawn: version: Input should be 1."


def test_what_there_is_is_drawn():
    """In the order confusion, curves, values, importances; a file of somebody else's may have any of them."""
    whole = HeldOutEvaluation(
        "classification",
        "accuracy",
        5,
        confusion=Confusion(["a", "b"], [[1, 0], [2, 2]]),
        curves=Curves(1, [curve("a")]),
        importances=importances([0.3]),
    )
    record: Any = Loaded(ModelRecord(evaluation.parse(evaluation.text(whole))))
    titles = [chart.title for chart in model.draw(record)]
    assert titles == [model_confusion.TITLE, "ROC and precision–recall", model_features.TITLE]
    least: Any = Loaded(ModelRecord(HeldOutEvaluation("regression", "r2", 1, predicted=Predicted(1, [1], [2], [-1]))))
    assert [chart.title for chart in model.draw(least)] == [model_quantity.TITLE]


def test_the_page_has_a_section_of_the_champion(record, make_plan):
    """With its pictures, and a link to it; none of a champion that says nothing. What is a name stays a text."""
    plain = load_study.load(make_plan(), "shown", record([]))
    counted = Confusion(["</script><b>a", "b"], [[1, 0], [2, 2]])
    shown = ModelRecord(HeldOutEvaluation("classification", "accuracy", 5, confusion=counted))
    html = page.html(replace(plain, model=shown))
    assert '<a href="#held-out-title">' in html
    section = html.partition('id="held-out-title">')[2].partition("</section>")[0]
    assert "<h3>Confusion matrix</h3>" in section
    assert section.count('<div class="chart">') == 1
    assert "<b>a" not in section
    assert "held-out-title" not in page.html(plain)
