"""Tables: CSV and Parquet files, and the columns that settings name in them."""

import gzip
import io
import itertools
from pathlib import Path
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from steps.parameters import command_line
from steps.parameters.settings import TrainSettings
from steps.training.data import examples
from tests.fuzz.target import Target, written
from tests.fuzz.texts import changed, soup, texts

_ROWS = range(30)
_FILES = [
    "a,b,c\n" + "".join(f"{n},x{n % 3},{n % 2}\n" for n in _ROWS),
    "a;b;when;y\n" + "".join(f"{n},5;{n}.000;2026-01-{n % 28 + 1:02};{n * n}\n" for n in _ROWS),
    "title\n\n# remark\nid\tg\ty\n" + "".join(f"{n}\t{n % 4}\t{'yes' if n % 2 else 'no'}\n" for n in _ROWS),
    "sep=|\na|b\n" + "".join(f'"${n},000.5"|NA\n' for n in _ROWS),
    "a,b,y\n[mm],kg,-\n" + "".join(f"{n},({n}.5),{n % 2}\n" for n in _ROWS) + "a,b,y\n5,7,1\n",
    "'a'^'b^c'^'y'\n" + "".join(f"'{n} 234,5'^'\\N'^'{n % 3}'\n" for n in _ROWS),
    '"a\nb",b\ty\n' + "".join(f"1'{n + 100}.5,x\t{n % 2}\n" for n in _ROWS),
    "\ufeffp q r\n" + "".join(f"{n}  {n / 7}   {n % 2}\n" for n in _ROWS),
]
_WORDS = (
    ",", ";", "\t", "|", " ", "\n", "\r\n", "\r", '"', '""', '"\n', "#", "sep=;", "a", "b", "y", "1", "2", "3.5",
    "1,5", "1.234,5",
    "NA", "None", "nan", "inf", "-inf", "True", "False", "2026-01-01", "2026-99-99", "12:30", "$5", "5 %", "1e400",
    "9" * 30,
    "'", "(7.5)", "7.5-", "1 234", "1'234", "12,34,567", "[mm]", "---", "#DIV/0!", "\\N", "\u2212", "\u0663",
    "^", "~", ":", "//", "<html>", "@relation", "1 1:2 2:3", "{", "PAR1", "\x1f\x8b", "\ufeff", "\x1a",
)  # fmt: skip
_SETTINGS = {
    "target": st.sampled_from(("auto", "a", "b", "c", "y", "id", "nothing")),
    "drop": st.sampled_from(("none", "a", "b,c", '"a', "id", ",")),
    "weight": st.sampled_from(("none", "none", "a", "y")),
    "split": st.sampled_from(("auto", "auto", "stratified", "random", "group:a", "group:g", "time:when", "time:a")),
    "task": st.sampled_from(("auto", "auto", "classification", "regression")),
    "positive": st.sampled_from(("auto", "auto", "1", "yes", "None")),
    "folds": st.sampled_from(("2", "5", "1", "40")),
}
_numbers = itertools.count()


def _parquet() -> bytes:
    frame = pd.DataFrame({"a": range(30), "b": [f"x{n % 3}" for n in _ROWS], "y": [n % 2 for n in _ROWS]})
    frame.to_parquet(target := io.BytesIO())
    return target.getvalue()


@st.composite
def _bytes(draw: st.DrawFn) -> bytes:
    """Draw a file: mostly text, some of it packed, or Parquet with some bytes changed."""
    kind = draw(st.integers(0, 11))
    if kind == 0:
        content = bytearray(_parquet())
        for _ in range(draw(st.integers(0, 4))):
            content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
        return bytes(content[: draw(st.sampled_from((len(content), len(content) // 2, 4)))])
    text = draw(st.one_of(changed(_FILES, _WORDS), changed(_FILES, _WORDS), soup(_WORDS, 60), texts()))
    raw = text.encode(
        draw(st.sampled_from(("utf-8", "utf-8", "utf-8", "utf-16", "utf-16-le", "utf-32"))), "surrogatepass"
    )
    packed = gzip.compress(raw) if kind == 1 else raw
    return packed[: draw(st.sampled_from((len(packed), len(packed), len(packed) // 2)))]


def _read(folder: Path, drawn: tuple[bytes, dict[str, str]]) -> None:
    content, words = drawn
    # A name of its own, or the table would be that of the example before.
    path = written(folder, f"{next(_numbers)}.csv", content)
    try:
        line = [word for name, value in words.items() for word in (f"--{name}", value)]
        examples.get(command_line.read(["--data", str(path), *line], TrainSettings), [])
    finally:
        path.unlink()


def _settings() -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(st.just({}), st.fixed_dictionaries({}, optional=_SETTINGS))


TARGETS = {"table": Target(st.tuples(_bytes(), _settings()), _read)}
