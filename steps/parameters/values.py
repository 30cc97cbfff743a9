"""How a value crosses the process border: as one command-line word, and back to the very same value.

A value is a Python literal if the word parses as one, else the text. Text that would itself parse travels as its repr.
"""

import ast
import sys


def decode(word: str) -> object:
    """Read a value: `'3'` is 3, `'None'` is None, `'(50, 50)'` a tuple, `'sqrt'` text, `"'None'"` the text None."""
    try:
        return ast.literal_eval(word)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return word


def encode(value: object) -> str:
    """Write a value so that `decode` gives it back with its type; lists become tuples.

    Floats keep their last bit (`repr`). Text with a line break or another sign that does not print travels as its repr:
    a command line holds no NUL and no half of a surrogate pair.
    Raises TypeError for what is no Python literal (a function, nan, an object, a number of thousands of digits).
    """
    if isinstance(value, list):
        value = tuple(value)
    try:
        word = value if isinstance(value, str) and _is_plain(value) else repr(value)
    except ValueError as error:  # Python writes no number of more digits than this
        digits = sys.get_int_max_str_digits()
        raise TypeError(f"a whole number of more than {digits} digits can't be handed to another process") from error
    back = decode(word)
    if type(back) is not type(value) or back != value:
        raise TypeError(f"{value!r} is no Python literal: it can't be handed to another process and come back the same")
    return word


def _is_plain(text: str) -> bool:
    """Tell whether text can travel as it is: as one printable line that reads as nothing else."""
    return text != "" and text.isprintable() and isinstance(decode(text), str) and decode(text) == text
