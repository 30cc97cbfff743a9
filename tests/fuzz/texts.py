"""What parsers are given: files as people have them with pieces changed, and soups of the words that mean something."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

# What breaks readers, whatever they read: ends of lines, half characters, numbers without end, signs of shells.
_NASTY = (
    "", " ", "\n", "\r", "\t", "\0", "\ufeff", "\u2028",
    "\x85", "\ud800", "é", "'", '"', "\\", "#", ":", "=", ",",
    ";", "|",
    "-", "0", "-1", "1e999", "-inf", "nan", "NaN", "1_0", "0x1", "٣", "²",
    "1" * 5000, "(" * 300, "[" * 300, "{" * 300, "None",
    "null", "true", "~", "..", "../", "/", "%s", "{}", "{x}", "$HOME", "`", "\x1b[31m",
)  # fmt: skip
_YAML = (
    "type", "int", "float", "categorical", "low", "high", "log", "step", "choices", "when", "estimator", "try",
    "classification", "regression", "x", "y", "kernel", "max_depth", "sklearn.svm.SVC",
    "sklearn.neighbors.KNeighborsClassifier",
    "0", "1", "9", "0.1", "1.5", "1e-4", "1.0e+3", ".inf", ".nan", "0o7", "010", "1:30", "2026-99-99", "yes", "on",
    "null", "~",
    "&a", "*a", "<<", "!!python/object/apply:os.system", "!!binary", "!!set", "!!omap", "!!float", "!!null", "!x",
    "? ", "- ", "|\n", ">\n",
    "---\n", "...\n", "%YAML 1.1\n", "{", "}", "[", "]", ", ", ": ", ":\n  ", "\n", "\n  ", " #", "'", '"',
)  # fmt: skip


def texts() -> st.SearchStrategy[str]:
    """Any text at all, and the pieces that break readers."""
    return st.one_of(st.text(max_size=30), st.sampled_from(_NASTY))


def soup(words: Sequence[str], most: int = 25) -> st.SearchStrategy[str]:
    """Words in any order, with other texts among them."""
    return st.lists(st.one_of(st.sampled_from(words), st.sampled_from(words), texts()), max_size=most).map("".join)


def yaml_soup() -> st.SearchStrategy[str]:
    """Return what may be YAML."""
    return soup(_YAML)


@st.composite
def changed(draw: st.DrawFn, samples: Sequence[str], words: Sequence[str] = _YAML) -> str:
    """Draw one of the samples, with some pieces cut out, doubled, or replaced."""
    text = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        piece = text[start : start + draw(st.sampled_from((0, 1, 1, 2, 5, 20, 200)))]
        other = draw(st.one_of(st.sampled_from(words), texts(), st.just(piece * 2), st.just("")))
        text = text[:start] + other + text[start + len(piece) :]
    return text


def plain_values() -> st.SearchStrategy[Any]:
    """What JSON can hold, and what Python's reader of it takes beyond: nan and numbers without end."""
    leaves = st.one_of(
        st.none(), st.booleans(), st.integers(-(10**6), 10**6), st.just(10**400), st.floats(), texts(),
    )  # fmt: skip
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(), inner, max_size=3), max_leaves=8
    )


@st.composite
def changed_data(draw: st.DrawFn, sample: Any) -> Any:
    """Draw a value like the sample, in which some parts are missing or of another kind."""
    if draw(st.integers(0, 9)) == 0:
        return draw(plain_values())
    if isinstance(sample, dict):
        kept = {key: draw(changed_data(value)) for key, value in sample.items() if draw(st.integers(0, 14))}
        return kept | draw(st.one_of(st.just({}), st.just({}), st.dictionaries(texts(), plain_values(), max_size=2)))
    if isinstance(sample, list | tuple):
        return [draw(changed_data(value)) for value in sample if draw(st.integers(0, 14))]
    return sample


def changed_json(*samples: Any) -> st.SearchStrategy[str]:
    """Return the samples as JSON in which something is missing, of another kind, or no JSON any more."""
    words = ("{", "}", "[", "]", ",", ":", '"', "null", "NaN", "1e999", "\\ud800")
    written = [json.dumps(sample) for sample in samples]
    data = st.one_of(*(changed_data(sample) for sample in samples)).map(json.dumps)
    return st.one_of(data, data, changed(written, words), soup(words))
