"""What a file is that holds no table, told by how it begins."""

import codecs
import re

# By its text.
_TEXTS = {
    r"<(!doctype\s+html|html|head|body)\b": "is an HTML page, such as a login; download the file itself",
    r"<\?xml\b|<!--": "is XML; save its table as CSV",
    r"version https://git-lfs": "is a pointer of Git LFS, not the file itself; get that with `git lfs pull`",
    r"[{\[]\s*[{\[\"\d]": "is JSON; save its table as CSV",
    r"(%.*\n|\s)*@relation\b": "is in Weka's format, ARFF; save its table as CSV",
    r"[-+.\d]+([ \t]+\d+:[-+.\deE]+){2,}\s": "is in the sparse format of LIBSVM; save its table as CSV",
}
# By its first bytes.
_BYTES = {
    b"PK\x03\x04": "a zip archive or a workbook",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "a workbook of an old Excel, or another file of Office",
    b"SQLite format 3\0": "a database of SQLite",
    b"ARROW1": "a Feather file",
    b"ORC": "an ORC file",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "an array of NumPy",
    b"<stata_dta>": "a file of Stata",
    b"$FL": "a file of SPSS",
    b"HEADER RECORD*******": "a file of SAS",
    b"RDX2\n": "a file of R",
    b"RDX3\n": "a file of R",
    b"X\n\0\0\0": "a file of R",
    b"\x80\x02": "a pickle",
    b"\x80\x03": "a pickle",
    b"\x80\x04": "a pickle",
    b"\x80\x05": "a pickle",
    b"%PDF": "a PDF file",
    b"{\\rtf": "a text of a word processor",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"7z\xbc\xaf": "an archive; unpack it",
    b"Rar!": "an archive; unpack it",
    b"(\xb5/\xfd": "one that Zstandard has packed; unpack it",
}
# These look like text.
_IN_TEXT = (b"<stata_dta>", b"HEADER RECORD*******", b"{\\rtf")
_SAS, _TAR = b"\xc2\xea\x81\x60\xb3\x14\x11\xcf", b"ustar"


def by_text(text: str) -> str | None:
    """Say what a text is that holds no table, and what to do; None if it may be one."""
    text = text.lstrip()
    return next((said for pattern, said in _TEXTS.items() if re.match(pattern, text, re.IGNORECASE)), None)


def by_bytes(head: bytes) -> str | None:
    """Say what a file is that is neither text nor Parquet, from its first 300 bytes or more; None if it may be text.

    >>> by_bytes(b"SQLite format 3" + bytes(9))
    'is not a CSV or Parquet file but a database of SQLite; save its table as CSV'
    >>> by_bytes(b"ORC,b")
    """
    if _is_text(head) and not head.startswith(_IN_TEXT):
        return None
    kind = next((kind for start, kind in _BYTES.items() if head.startswith(start)), None)
    if head[12:20] == _SAS:
        kind = "a file of SAS"
    elif head[257:262] == _TAR:
        kind = "an archive; unpack it"
    return kind and f"is not a CSV or Parquet file but {kind}{'' if ';' in kind else '; save its table as CSV'}"


def _is_text(head: bytes) -> bool:
    try:
        # The last character may be cut off.
        return "\0" not in codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
