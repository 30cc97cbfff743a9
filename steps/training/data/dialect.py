"""How a CSV file is written, told from its beginning: the separator, where its names stand, what stands above them."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from steps.errors import WrongValue
from steps.training.data import no_table, numerals
from steps.training.shipped.table_rows import LINE_END

SEPARATORS = ",;\t|"
# Runs of blanks separate fields only where none of these does, and the others only where no blanks do.
BLANKS = " "
_RARE = "^~\x01:"
# DOS ends a text file with it; files from there have it below their last line, or at its end.
END = "\x1a"
# The share of a file's first lines that must agree on the number of fields.
_AGREE = 0.9
# Titles and remarks above the names are so few lines at most.
_MOST_ABOVE = 20
_EXCEL = re.compile(r"sep=([\t!#-&(-/:-@^_`{-~])\s*", re.IGNORECASE)  # no quote, no letter
_REMARKS = ("#", "//")
_SINGLE = re.compile(r"(?:^|[,;\t|^~:]) *'[^']*' *(?:$|[,;\t|^~:])")
Lines = list[list[str]]


@dataclass(frozen=True)
class Dialect:
    """How a file is written.

    `separator` may be BLANKS. `names` are the columns' names, "" for a column without one. `above` lines stand before
    the first line of the table, which holds the names if `has_names`. `has_end`: END follows the last one. `quote`
    stands about fields that hold a separator.
    """

    separator: str
    names: tuple[str, ...]
    above: int = 0
    has_names: bool = True
    has_end: bool = False
    quote: str = '"'


def sniff(text: str, where: str) -> Dialect:
    """Tell how a file is written from its beginning, in whole lines.

    The separator is one by which all lines agree on the number of fields, else one by which nearly all do, and the
    greatest such number.
    Raises WrongValue, beginning with `where`, for what is no table.
    """
    text = text.rstrip(f"{END}\r\n")
    if not text.strip():
        raise WrongValue(f"{where}: is empty")
    if problem := no_table.by_text(text):
        raise WrongValue(f"{where}: {problem}")
    above, separators = 0, SEPARATORS + BLANKS
    if excel := _EXCEL.fullmatch(text.partition("\n")[0]):
        above, separators = 1, excel[1]
    quote = _quote(text)
    ranked = [r for separator in separators if (r := _ranked(text, separator, above, quote))]
    if not any(entry[0] for entry in ranked):
        ranked += [r for separator in _RARE if (r := _ranked(text, separator, above, quote))]
    if not ranked:
        raise WrongValue(
            f"{where}: can't be read as CSV: it has no line of a table, or a field of more than "
            f"{csv.field_size_limit()} characters"
        )
    dialect = max(ranked, key=lambda entry: entry[:4])[4]
    if len(dialect.names) == 1 and _is_quoted_whole(text):
        raise WrongValue(f"{where}: each of its lines stands in double quotes as a whole; take those away")
    twice = sorted(name for name, count in Counter(dialect.names).items() if name and count > 1)
    if twice:
        raise WrongValue(f"{where}: has columns of the same name, {', '.join(map(repr, twice))}; rename them")
    return dialect


def _quote(text: str) -> str:
    """Return the quote that fields stand in: the single one if it does in nearly every line, and the double in none."""
    lines = text.splitlines()
    lines = lines[1:] or lines  # the names may be without
    single = sum(bool(_SINGLE.search(line)) for line in lines)
    return "'" if '"' not in text and single >= _AGREE * len(lines) else '"'


def _is_quoted_whole(text: str) -> bool:
    lines = text.splitlines()
    inner = [line.strip()[1:-1] for line in lines if re.fullmatch(r'\s*".*"\s*', line)]
    inside = split("\n".join(inner).replace('""', '"'), ",")
    return len(inner) >= _AGREE * len(lines) and any(len(line) > 1 for line in inside)


def _records(text: str, quote: str) -> list[str]:
    """Return the lines; those that a name in quotes goes over are one, as they are for pandas."""
    lines = text.splitlines(keepends=True)
    start = 0
    while start < min(len(lines), _MOST_ABOVE):
        end = start + 1
        while lines[start].count(quote) % 2 and end < min(len(lines), start + _MOST_ABOVE):
            if "".join(lines[start : end + 1]).count(quote) % 2 == 0:
                lines[start : end + 1] = ["".join(lines[start : end + 1])]
                break
            end += 1
        start += 1
    return lines


def _ranked(text: str, separator: str, above: int, quote: str) -> tuple[bool, bool, bool, float, Dialect] | None:
    """Return the dialect that a separator gives, behind what it is ranked by; None if the text can't be split so."""
    physical = _records(text, quote)
    comments = above
    while comments < min(len(physical) - 1, _MOST_ABOVE) and physical[comments].lstrip().startswith(_REMARKS):
        comments += 1
    try:
        above, lines = _without_titles(physical, comments, separator, quote)
        if not lines:
            return None
        names, has_names = _names(lines)
        too_few = False
        if above > 0 and (not has_names or all(map(numerals.is_number, names))):
            # The names may be the last of the remarks, "# a,b"; or the line that seemed a title names too few.
            (last,) = split(physical[above - 1].lstrip().lstrip("#/"), separator, quote) or [[]]
            too_few = above > comments and len(last) > 1
            if too_few or (len(last) == len(names) and not any(map(numerals.is_number, last))):
                names, above, has_names = tuple(name.strip() for name in last), above - 1, True
    except csv.Error:
        return None
    fields = len(lines[-1]) if too_few else len(names)
    agree = sum(len(line) == fields for line in lines[has_names:]) / max(len(lines) - has_names, 1)
    dialect = Dialect(separator, tuple(LINE_END.sub(" ", name) for name in names), above, has_names, quote=quote)
    is_table = agree >= _AGREE and len(names) > 1
    whole = is_table and agree == 1 and above <= comments
    return is_table, is_table and separator != BLANKS, whole, agree * fields, dialect


def split(text: str, separator: str, quote: str = '"') -> Lines:
    """Split lines into fields; empty lines are left out."""
    if separator == BLANKS:
        text = "\n".join(re.sub(r"[ \t]+", " ", line.strip()) for line in text.splitlines())
    return [
        line
        for line in csv.reader(
            io.StringIO(text, newline=""), delimiter=separator, quotechar=quote, skipinitialspace=True
        )
        if any(field.strip() for field in line) or len(line) > 1
    ]


def _without_titles(physical: Sequence[str], above: int, separator: str, quote: str) -> tuple[int, Lines]:
    """Return how many lines stand above the table, and its lines in fields.

    A title has fewer fields than the table. R's line of names does, too: it has one less.
    """
    lines = split("".join(physical[above:]), separator, quote)
    ((most, count),) = Counter(len(line) for line in lines).most_common(1) or [(1, 0)]
    if most == 1 or count < _AGREE * (len(lines) - _MOST_ABOVE) or count < 2:
        return above, lines
    shortest = 2 if most == 2 else most - 1
    start = above
    while start - above < _MOST_ABOVE and start < len(physical) - 2:
        fields = split(physical[start], separator, quote)
        if fields and len(fields[0]) >= shortest and sum(map(bool, map(str.strip, fields[0]))) > 1:
            break
        start += 1
    else:
        return above, lines
    return start, split("".join(physical[start:]), separator, quote)


def _names(lines: Lines) -> tuple[tuple[str, ...], bool]:
    """Return the columns' names, and whether the first line holds them."""
    first, rest = tuple(name.strip() for name in lines[0]), lines[1:]
    if not first[-1] and sum(len(line) < len(first) for line in rest) > _AGREE * len(rest):
        first = first[:-1]  # a separator at the end of the names alone
    longer = [line for line in rest if len(line) == len(first) + 1]
    if len(first) > 1 and len(longer) > _AGREE * len(rest):
        if all(not line[-1].strip() for line in longer):
            return (*first, ""), True  # a separator at the end of each line
        return ("", *first), True  # R's row names
    if len(first) > 1 and rest and _is_data(first, rest):
        return tuple(f"column {number}" for number in range(1, len(first) + 1)), False
    return first, True


def _is_data(first: Sequence[str], rest: Lines) -> bool:
    """Tell whether a first line holds values: numbers that are no years or counts, or values that come again below."""
    numbers = [field for field in first if numerals.is_number(field)]
    texts = [field for field in first if field and field not in numbers]
    if any(texts.count(field) > 1 for field in texts) and not numbers:
        return False  # names that stand twice are told as such
    below = [{line[place].strip() for line in rest if place < len(line)} for place in range(len(first))]
    again = [field for place, field in enumerate(first) if field in texts and field in below[place]]
    if not numbers:
        repeated = any([field.strip() for field in line] == list(first) for line in rest)  # of files put together
        return len(texts) > 1 and len(again) == len(texts) and not repeated
    of_numbers = all(
        all(map(numerals.is_number, below[place] - {""})) for place, field in enumerate(first) if field in numbers
    )
    odd = any(not field.isdigit() for field in numbers) or len(set(numbers)) < len(numbers)
    return of_numbers and (odd or bool(again))
