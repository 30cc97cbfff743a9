"""Files that people write by hand: one that is far too large for that is refused before it is read."""

from pathlib import Path

# A reader of YAML takes about ten seconds for so much.
MOST_BYTES = 1_000_000


def read(path: Path) -> str:
    """Return a file's text, in UTF-8. Raises OSError, or ValueError if it is larger than such files are, or no text."""
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES:,} bytes, so it is not a file of that kind")
    return content.decode("utf-8").replace("\r\n", "\n")
