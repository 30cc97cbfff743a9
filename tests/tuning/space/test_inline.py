"""A search space in the command itself: it is the one that a file with the same content gives."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from steps import spaces
from steps.errors import WrongValue
from steps.tuning.space import file, load


def same(text, document):
    """Tell that a text and a YAML document are the same space, of which all else is made."""
    inline, written = (space.for_task("regression") for space in (load(text), file.read(document, "my.yaml")))
    assert inline.entries == written.entries
    assert (inline.text(), inline.tries) == (written.text(), written.tries)
    kinds = [[type(value) for value in space.child({}).hyperparameters.values()] for space in (inline, written)]
    assert kinds[0] == kinds[1]


def number(kind, low, high, **more):
    """Write a range as a file has it."""
    return yaml.safe_dump({"type": kind, "low": low, "high": high, **more}, default_flow_style=True, width=999).strip()


def choices(texts):
    """Write choices as a file has them."""
    return f"{{type: categorical, choices: {texts}}}"


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("1..4", number("int", 1, 4)),
        ("-4..+4", number("int", -4, 4)),
        ("007..010", number("int", 7, 10)),
        ("32..512/32", number("int", 32, 512, step=32)),
        ("0..0.9", number("float", 0, 0.9)),
        ("0.0..1", number("float", 0, 1)),
        (".1...5", number("float", 0.1, 0.5)),
        ("1e-4..1E-1", number("float", 0.0001, 0.1)),
        ("-1.5..-0.5/0.25", number("float", -1.5, -0.5, step=0.25)),
        ("0..1/0.1", number("float", 0, 1, step=0.1)),
        ("log(1e-4,1e-1)", number("float", 0.0001, 0.1, log=True)),
        ("log( 1 , 1000 )", number("int", 1, 1000, log=True)),
        ("log(1e0,1000)", number("float", 1, 1000, log=True)),
        ("[32,64]", choices("[32, 64]")),
        ("[ adam , 'two words', a/b.csv ]", choices("[adam, two words, a/b.csv]")),
        ("[\"it's\", 'a\\'b']", choices("[it's, a'b]")),
        ("[1,1.0,true,'1','None',none]", choices("[1, 1.0, true, '1', 'None', null]")),
        ("[True,FALSE,None]", choices("[true, false, null]")),
        ("['',\"a=b c\",'[1]']", choices("['', a=b c, '[1]']")),
        ("[yes,no,off,~,2026-11-27]", choices("['yes', 'no', 'off', '~', '2026-11-27']")),
        ("[1e-3,1_000,0x10,-.5]", choices("[0.001, 1000, 16, -0.5]")),
        ("[[50],[50,50],(1,none)]", choices("[[50], [50, 50], [1, null]]")),
        ("[a,b,]", choices("[a, b]")),
    ],
)
def test_a_text_is_what_a_file_with_the_same_content_is(text, entry):
    """Ranges, steps, logs and choices of any kind have the same bounds, types and words for people."""
    same(f"x={text}", f"x: {entry}")


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("x=3 z=a/b:c#d", "x: 3\nz: 'a/b:c#d'"),
        ("x=none z=True", "x: null\nz: true"),
        ("x='3' z='a b'", "x: '3'\nz: a b"),
        ("x=../data z=a..b", "x: ../data\nz: a..b"),
        ("x=(50,50) z=()", "x: [50, 50]\nz: []"),
        ("learning-rate=0.1 größe=2", "learning-rate: 0.1\ngröße: 2"),
        ("\n  x=0\n\tz=-1e-9 \n", "x: 0\nz: -1.0e-9"),
        ("estimator=a.B+sklearn.svm.SVC svc__C=7", "estimator: a.B+sklearn.svm.SVC\nsvc__C: 7"),
    ],
)
def test_any_other_value_is_fixed(text, document):
    """Numbers, true, false, none, texts, and a list in parentheses; blanks between the parts may be line breaks."""
    same(f"y=1..2 {text}", f"y: {{type: int, low: 1, high: 2}}\n{document}")


def stepped(low, steps, step):
    high = low + steps * step
    return f"{low}..{high}/{step}", {"type": "int", "low": low, "high": high, "step": step}


def logged(low, high):
    return f"log({low!r},{high!r})", {"type": "float", "low": low, "high": high, "log": True}


def chosen(texts):
    return f"[{', '.join(map(repr, texts))}]", {"type": "categorical", "choices": texts}


# YAML has the text None as it has a name, and a space file refuses that: see `test_entry`.
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=8).filter(lambda text: text != "None")
ENTRIES = st.one_of(
    st.builds(stepped, st.integers(-1000, 1000), st.integers(1, 50), st.integers(1, 9)),
    st.builds(logged, st.floats(1e-9, 1), st.floats(1, 1e9)),
    st.builds(chosen, st.lists(TEXTS, min_size=1, max_size=4, unique=True)),
    st.builds(lambda value: (repr(value), value), TEXTS | st.floats(-1e9, 1e9) | st.integers() | st.none()),
)


@given(st.lists(ENTRIES, min_size=1, max_size=5), st.sampled_from([" ", "\n", "   "]))
def test_any_space_can_be_written_both_ways(entries, between):
    """Whatever numbers and texts are in it."""
    texts, values = zip(("1..2", {"type": "int", "low": 1, "high": 2}), *entries, strict=True)
    text = between.join(f"p{n}={text}" for n, text in enumerate(texts))
    same(text, yaml.safe_dump({f"p{n}": value for n, value in enumerate(values)}))


def problems_of(text):
    with pytest.raises(WrongValue) as caught:
        load(text)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("lr=lag(1e-4,1e-1)", "column 4: lr: lag(…) is unknown (did you mean 'log'?); allowed: 1..4, 0.0..0.9, "),
        ("lr=uniform(0,1)", "column 4: lr: uniform(…) is unknown; allowed: 1..4, "),
        ("lr=log(1e-4)", "column 4: lr: must be log(low,high) with two numbers; allowed: "),
        ("lr=log(a,b)", "column 4: lr: must be log(low,high) with two numbers; allowed: "),
        ("lr=log(1e-4,1e-1", "column 4: lr: must be log(low,high) with two numbers; allowed: "),
        ("a=1..2 layers=1..x", "column 15: layers: must be low..high or low..high/step, got '1..x'; allowed: "),
        ("layers=..4", "column 8: layers: must be low..high or low..high/step, got '..4'; allowed: "),
        ("layers=1..4/", "column 8: layers: must be low..high or low..high/step, got '1..4/'; allowed: "),
        ("layers=1..4..9", "column 8: layers: must be low..high or low..high/step, got '1..4..9'; allowed: "),
        ("hidden=32,64", "column 10: hidden: ',' can't stand here: choices stand in brackets, as in [32,64], and "),
        ("lr=1..2,layers=1..4", "column 8: lr: ',' can't stand here: choices stand in brackets, as in [32,64], and "),
        ("hidden=[32,64", "column 8: hidden: the bracket [ is not closed"),
        ("hidden=[32 64]", "column 12: hidden: must be , or ] here, got '6'; texts may be quoted"),
        ("hidden=32]", "column 10: hidden: ']' can't stand here: closes a bracket that was not opened; a text with "),
        ("name='abc", "column 6: name: the quote ' is not closed"),
        ("name='abc'def", "column 11: name: 'd' can't stand here: "),
        ("name=it's", "column 8: name: \"'\" can't stand here: a text with a quote in it stands in quotes of the "),
        ("name='\\x'", "column 6: name: '\\x' is not text as Python writes it"),
        ("name=a=b", "column 7: name: '=' can't stand here: the next part begins with a blank before its name; a "),
        ("name=1j", "column 6: name: '1j' must be a number, true, false, none or text; as a text it needs quotes"),
        ("lr= 0.1..1", "column 4: lr: has no value right behind its =; allowed: 1..4, "),
        ("lr=", "column 4: lr: has no value right behind its =; allowed: 1..4, "),
        ("lr = 0.1..1", "column 1: must be name=value, as lr=log(1e-4,1e-1) with no blank in it, got 'lr'"),
        ("lr=1..2 and more", "column 9: must be name=value, as lr=log(1e-4,1e-1) with no blank in it, got 'and'"),
        ("=3", "column 1: must be name=value, as lr=log(1e-4,1e-1) with no blank in it, got '=3'"),
        # What a file's space would be refused for.
        ("lr=5..3", "column 4: lr: low: must not be above high, got 5 > 3"),
        ("a=1..2 x=log(0,3)", "column 14: x: low: must be above 0 with log, got 0"),
        ("x=1..9/3", "column 8: x: step: must divide the range from low to high, got 3"),
        ("x=[1,2,2]", "column 8: x: choices: 2 is there twice"),
        ("x=[]", "column 3: x: choices: must be a list of at least one value"),
        ("x=1..2 x=3", "column 8: x: is there twice, first in column 1"),
        ("optimizer.lr=1..2", "column 1: optimizer.lr: must be a name: letters, digits, _ and -, no digit first"),
        ("x=1e400 y=1..2", "column 1: x: must be a finite number, got 1e400"),
        ("x=1..99999999999999999999", "column 6: x: high: must be a whole number, at most 2**53 from 0, got "),
        ("x=3", "column 1: names nothing to search"),
        ("x=1..2 try=3", "column 8: try: must be a list of points, such as [{max_depth: 3}]"),
        ("classification=3", "column 1: classification: must be a mapping"),
    ],
)
def test_a_wrong_part_is_named_with_its_column(text, problem):
    """What was given and what is allowed, in one line."""
    (said,) = problems_of(text)
    assert said.startswith(f"--space, {problem}")


def test_all_parts_that_can_t_be_read_are_named_at_once():
    """A part that is wrong does not hide the next one."""
    assert [line.partition(": ")[0] for line in problems_of("a=lag(1,2) b=1..2 c=[1 d=2,3 e='x")] == [
        "--space, column 3",
        "--space, column 24",
        "--space, column 27",
        "--space, column 32",
    ]
    assert len(problems_of("a=5..3 b=9..7 c=[1,1]")) == 3


def test_a_text_that_no_record_would_hold_is_refused():
    """A study's settings go into one tag; a longer space belongs into a file."""
    (said,) = problems_of(" ".join(f"p{n}=1..2" for n in range(1000)))
    assert said.startswith("--space 'p0=1..2 ")
    assert said.endswith("is longer than 5000 characters; put it into a YAML file")


@pytest.mark.parametrize("folder", ["lr=1", "a b/lr=1", "it's=[1,2]"])
def test_a_path_with_an_equals_sign_is_a_path(folder, tmp_path, monkeypatch):
    """Absolute, or with a `/` before the sign; else the line says how to write it."""
    path = tmp_path / folder / "space.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("x: {type: int, low: 1, high: 4}")
    monkeypatch.chdir(tmp_path)
    for text in (str(path), f"./{folder}/space.yaml"):
        assert load(text).for_task("regression").text() == {"x": "a whole number from 1 to 4"}
    relative = f"{folder}/space.yaml"
    if spaces.is_inline(relative):
        assert problems_of(relative) == [
            f"--space {relative!r}: is read as a space, since it has a =; for the file write './{relative}'"
        ]


def test_the_estimator_that_a_text_names_is_known_beforehand():
    """So the launcher imports it; a parameter that only ends so is another one."""
    assert spaces.estimators("estimator=sklearn.svm.SVC C=1..2") == ["sklearn.svm.SVC"]
    assert spaces.estimators("C=1..2 estimator='sklearn.svm.SVC'") == ["sklearn.svm.SVC"]
    assert spaces.estimators("base_estimator=sklearn.svm.SVC C=1..2") == []
