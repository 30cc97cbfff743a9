"""A search space in the command itself, `lr=log(1e-4,1e-1) hidden=[32,64] layers=1..4`, as the document of a file.

Each part is a name, `=` and a value, with blanks between the parts:

    low..high            whole numbers if both ends are written so, else floats
    low..high/step
    log(low,high)        the same on a log scale
    [a,b,c]              choices: numbers, true, false, none, texts, lists in brackets
    anything else        a fixed value

A text may stand in quotes, as in Python; it has to where it has a blank, a comma, `=`, a quote or a bracket in it.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from steps.errors import WrongValue, did_you_mean
from steps.parameters.option import option
from steps.parameters.values import decode
from steps.tuning.space.document import DEEPEST, Item, Problems, is_too_long, shorten

# The record of a study's settings has to fit into one tag, in which a longer text would be cut.
_LONGEST = 5000
_ALLOWED = "allowed: 1..4, 0.0..0.9, 32..512/32, log(1e-4,1e-1), [a,b,c], or a plain value, which is fixed"
_WORD = re.compile(r"[^\s=\[\](),'\"]+")
_NAME = re.compile(rf"({_WORD.pattern})=")
_NEXT = re.compile(rf"\s+(?={_NAME.pattern})")
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_NUMBER = r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(?:/({_NUMBER}))?")
_ALMOST_RANGE = re.compile(rf"{_NUMBER}\.\..*|.*\.\.{_NUMBER}")
_LOG = re.compile(rf"log\(\s*({_NUMBER})\s*,\s*({_NUMBER})\s*\)")
_CLOSING = {"[": "]", "(": ")"}
_WORDS = {"none": "null", "null": "null", "true": "bool", "false": "bool"}
_STRAY = {
    ",": "choices stand in brackets, as in [32,64], and parts have blanks between; a text with a comma needs quotes",
    "=": "the next part begins with a blank before its name; a text with = needs quotes",
    "]": "closes a bracket that was not opened; a text with brackets needs quotes",
    ")": "closes a bracket that was not opened; a text with brackets needs quotes",
}


class _Misspelled(Exception):
    """A part can't be read: why, and in which place of the text."""

    def __init__(self, place: int, why: str):
        super().__init__(why)
        self.place = place


def parse(text: str) -> Item:
    """Read a space in a command. Raises WrongValue with all parts that can't be read, each with its column."""
    if len(json.dumps(text)) > _LONGEST:
        raise WrongValue(
            f"{option('space', shorten(text))}: is longer than {_LONGEST} characters; put it into a YAML file"
        )
    problems = Problems(option("space"), unit="column")
    pairs = []
    for place, name, value in _parts(text):
        if isinstance(value, _Misspelled):
            problems.add(value.place + 1, *([name] if name else []), str(value))
        else:
            pairs.append((_scalar("str", name, place), value))
    problems.check()
    return Item(yaml.MappingNode("tag:yaml.org,2002:map", pairs, _mark(0)), 1, (), problems)


def _parts(text: str) -> Iterator[tuple[int, str, "yaml.Node | _Misspelled"]]:
    """Yield each part: its place, its name, and its value, or what is wrong with it."""
    reader = _Reader(text)
    while reader.skip_blanks():
        place, name = reader.place, ""
        try:
            name = reader.name()
            value = reader.value()
            reader.end_of_part()
            yield place, name, value
        except _Misspelled as misspelled:
            yield place, name, misspelled
            reader.skip_part()


@dataclass
class _Reader:
    """Reads a text from its beginning to its end; `place` is where it is."""

    text: str
    place: int = 0
    depth: int = 0

    @property
    def next(self) -> str:
        """Return the next character, empty at the end."""
        return self.text[self.place : self.place + 1]

    def skip_blanks(self) -> bool:
        """Go to the next character that is no blank; tell whether there is one."""
        while self.next.isspace():
            self.place += 1
        return self.next != ""

    def skip_part(self) -> None:
        """Go on where the next part seems to begin: at a blank with a name and `=` behind it."""
        blanks = len(self.text[: self.place]) - len(self.text[: self.place].rstrip())
        following = _NEXT.search(self.text, self.place - blanks)
        self.place, self.depth = following.end() if following else len(self.text), 0

    def name(self) -> str:
        """Read a name and the `=` behind it."""
        found = _NAME.match(self.text, self.place)
        if not found:
            got = shorten(self.text[self.place :].split()[0])
            raise _Misspelled(self.place, f"must be name=value, as lr=log(1e-4,1e-1) with no blank in it, got {got!r}")
        self.place = found.end()
        return found[1]

    def value(self) -> yaml.Node:
        """Read what is searched, or a fixed value."""
        start = self.place
        if found := _LOG.match(self.text, start):
            self.place = found.end()
            return _numbers(found, None, log=True)
        if self.next == "[":
            choices = self.several()
            return _mapping(start, type=_scalar("str", "categorical", start), choices=choices)
        word = _WORD.match(self.text, start)
        if word and (found := _RANGE.fullmatch(self.text, start, word.end())):
            self.place = found.end()
            return _numbers(found, found[3], log=False)
        if word and self.text[word.end() : word.end() + 1] == "(":
            if word[0] == "log":
                raise _Misspelled(start, f"must be log(low,high) with two numbers; {_ALLOWED}")
            raise _Misspelled(start, f"{word[0]}(…) is unknown{did_you_mean(word[0], ['log'])}; {_ALLOWED}")
        if word and _ALMOST_RANGE.fullmatch(word[0]):
            raise _Misspelled(start, f"must be low..high or low..high/step, got {shorten(word[0])!r}; {_ALLOWED}")
        return self.plain()

    def plain(self) -> yaml.Node:
        """Read a text, a number, true, false, none, or several values in brackets."""
        start = self.place
        if self.next in _CLOSING:
            return self.several()
        if found := _QUOTED.match(self.text, start):
            self.place = found.end()
            try:
                return _scalar("str", ast.literal_eval(found[0]), start)
            except (ValueError, SyntaxError) as error:
                raise _Misspelled(start, f"{shorten(found[0])} is not text as Python writes it") from error
        if self.next in ("'", '"'):
            raise _Misspelled(start, f"the quote {self.next} is not closed")
        if found := _WORD.match(self.text, start):
            self.place = found.end()
            return _plain(found[0], start)
        if self.next in _STRAY and self.next != "=":
            self.end_of_part()
        raise _Misspelled(start, f"has no value right behind its =; {_ALLOWED}")

    def several(self) -> yaml.SequenceNode:
        """Read values in brackets, with commas between."""
        start, closing = self.place, _CLOSING[self.next]
        nodes: list[yaml.Node] = []
        if self.depth == DEEPEST:
            raise _Misspelled(start, f"has brackets within brackets, more than {DEEPEST} deep")
        self.place, self.depth = self.place + 1, self.depth + 1
        while self.skip_blanks() and self.next != closing:
            nodes.append(self.plain())
            self.skip_blanks()
            if self.next == ",":
                self.place += 1
            elif self.next not in ("", closing):
                raise _Misspelled(self.place, f"must be , or {closing} here, got {self.next!r}; texts may be quoted")
        if self.next == "":
            raise _Misspelled(start, f"the bracket {self.text[start]} is not closed")
        self.place, self.depth = self.place + 1, self.depth - 1
        return yaml.SequenceNode("tag:yaml.org,2002:seq", nodes, _mark(start))

    def end_of_part(self) -> None:
        """Check that a blank or the end is next."""
        if self.next and not self.next.isspace():
            why = _STRAY.get(self.next, "a text with a quote in it stands in quotes of the other kind")
            raise _Misspelled(self.place, f"{self.next!r} can't stand here: {why}")


def _plain(word: str, place: int) -> yaml.ScalarNode:
    """Read an unquoted word: a number as Python writes it, true, false, none in any case, else a text."""
    kind = _WORDS.get(word.lower())
    if kind is not None:
        return _scalar(kind, word.lower(), place)
    value = decode(word)
    if isinstance(value, int) and is_too_long(value):
        raise _Misspelled(place, f"{shorten(word)!r} is too long for a number; as a text it needs quotes")
    if isinstance(value, int | float):
        return _scalar(type(value).__name__, word if isinstance(value, float) else str(value), place)
    if isinstance(value, str):
        return _scalar("str", word, place)
    raise _Misspelled(
        place, f"{shorten(word)!r} must be a number, true, false, none or text; as a text it needs quotes"
    )


def _numbers(found: "re.Match[str]", step: str | None, *, log: bool) -> yaml.Node:
    """Make the entry of a range from its match: the ends are its first groups."""
    words = {"low": found[1], "high": found[2]} | ({"step": step} if step else {})
    kind = "int" if all(re.fullmatch(r"[+-]?\d+", word) for word in words.values()) else "float"
    start = found.start()
    places = {key: found.start(group) for group, key in enumerate(words, start=1)}
    numbers = {key: _number(kind, word, places[key]) for key, word in words.items()}
    logs = {"log": _scalar("bool", "true", start)} if log else {}
    return _mapping(start, type=_scalar("str", kind, start), **numbers, **logs)


def _number(kind: str, word: str, place: int) -> yaml.ScalarNode:
    # To YAML 1.1 a whole number with a zero in front is octal.
    return _scalar(kind, re.sub(r"^([+-]?)0+(?=\d)", r"\1", word), place)


def _mapping(place: int, **nodes: yaml.Node) -> yaml.MappingNode:
    pairs = [(_scalar("str", key, node.start_mark.index), node) for key, node in nodes.items()]
    return yaml.MappingNode("tag:yaml.org,2002:map", pairs, _mark(place))


def _scalar(kind: str, value: str, place: int) -> yaml.ScalarNode:
    """Make a node; a text counts as quoted, so that it is taken as it is."""
    return yaml.ScalarNode(f"tag:yaml.org,2002:{kind}", value, _mark(place), style='"' if kind == "str" else None)


def _mark(place: int) -> yaml.Mark:
    return yaml.Mark(option("space"), place, 0, place, None, 0)
