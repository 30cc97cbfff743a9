"""A file with a table as people have it: packed or not, in UTF-8 or what spreadsheets write instead of it."""

import importlib
import zlib
from dataclasses import dataclass, replace
from lzma import LZMAError
from pathlib import Path
from typing import IO, cast

from steps.errors import WrongValue

# With or without a byte order mark.
UTF_8 = "utf-8-sig"
# What Excel saves as CSV in western Europe and America; most of Latin-1 is the same in it.
WESTERN = "cp1252"
# By the first bytes; those of UTF-32 begin with those of UTF-16.
_MARKS = {
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
# Without a mark, every second byte of a text in UTF-16 that has few letters but Latin ones is 0.
_UTF_16 = {0: "utf-16-be", 1: "utf-16-le"}
_FEW = 64
# By the first bytes of a file: what packed it, as pandas calls it, and Python's module for it.
_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz"}
_MODULES = {"gzip": "gzip", "bz2": "bz2", "xz": "lzma"}
_SAMPLE = 256 * 1024
# What reading a file may raise, packed or not.
UNREADABLE = (OSError, EOFError, LZMAError, zlib.error)


@dataclass(frozen=True)
class TableFile:
    """A file, what packed it, None for nothing, and its encoding. `where` begins what is said of it."""

    path: Path
    where: str
    compression: str | None = None
    encoding: str = UTF_8

    def open(self) -> IO[str]:
        """Open it as text, with its line ends as they are."""
        if self.compression is None:
            return self.path.open(encoding=self.encoding, newline="")
        module = importlib.import_module(_MODULES[self.compression])
        return cast(IO[str], module.open(self.path, "rt", encoding=self.encoding, newline=""))

    def content(self, size: int = -1) -> bytes:
        """Return its first bytes, or all of them, unpacked. Raises WrongValue if it can't be read."""
        try:
            if self.compression is None:
                with self.path.open("rb") as file:
                    return file.read(size)
            with importlib.import_module(_MODULES[self.compression]).open(self.path) as packed:
                return cast(bytes, packed.read(size))
        except UNREADABLE as error:
            said = (isinstance(error, OSError) and error.strerror) or error
            written = f" as {self.compression}" if self.compression else ""
            raise WrongValue(f"{self.where}: can't be read{written}: {said}") from error

    def western(self) -> "TableFile | None":
        """Return the same file in WESTERN; None if it is no text, or begins like one in another encoding."""
        return None if self.encoding != UTF_8 or self.is_binary() else replace(self, encoding=WESTERN)

    def is_binary(self) -> bool:
        """Tell whether it holds bytes that no text in UTF-8, or in WESTERN, has."""
        return self.encoding == UTF_8 and b"\0" in self.content(_SAMPLE)


def find(path: Path, where: str) -> TableFile:
    """Find out what packed a file, and its encoding if that is not UTF-8. Raises WrongValue if it can't be read."""
    file = TableFile(path, where)
    head = file.content(max(map(len, _PACKED)))
    packed = next((name for start, name in _PACKED.items() if head.startswith(start)), None)
    file = replace(file, compression=packed)
    return replace(file, encoding=_encoding(file.content(_FEW)))


def _encoding(head: bytes) -> str:
    """Return the encoding that the first bytes tell.

    >>> [_encoding("a;b".encode(name)) for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32")]
    ['utf-8-sig', 'utf-8-sig', 'utf-16', 'utf-16-be', 'utf-32']
    """
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            return name
    for place, name in _UTF_16.items():
        zeros, others = head[place::2], head[1 - place :: 2]
        if others and not any(zeros) and all(others):
            return name
    return UTF_8
