"""A value as one word of a command line, and back: the same value with the same type.

A word that parses as a Python literal is that value, any other is text. Text that would parse is written as its repr.
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
    """Write a value so that `decode` returns it with its type; a list comes back as a tuple.

    Floats keep their last bit (`repr`). Text with a character that does not print, such as a line break, is written as
    its repr: a command line can have no NUL and no half of a surrogate pair.
    Raises TypeError for what is not a Python literal (a function, nan, an object, a number of thousands of digits).
    """
    if isinstance(value, list):
        value = tuple(value)
    try:
        word = value if isinstance(value, str) and _is_plain(value) else repr(value)
    except ValueError as error:  # Python refuses to write so long a number
        digits = sys.get_int_max_str_digits()
        raise TypeError(f"a whole number of more than {digits} digits can't be handed to another process") from error
    decoded = decode(word)
    if type(decoded) is not type(value) or decoded != value:
        raise TypeError(
            f"{value!r} is not a Python literal: it can't be handed to another process and come back the same"
        )
    return word


def _is_plain(text: str) -> bool:
    """Tell whether text can be written as it is: one printable line that does not parse as a literal."""
    return text != "" and text.isprintable() and isinstance(decode(text), str) and decode(text) == text
