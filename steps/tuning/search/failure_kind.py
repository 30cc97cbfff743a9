"""What kind of cause a trial failed of, by the reason that it has on record. Pure."""

import re

# A word with a number or a path in it, and what stands between quotes, differ from trial to trial. An exit code stays.
_VARYING = re.compile(r"'[^']*'|\"[^\"]*\"|(?<!\S)(?<!code )\S*[\d/\\]\S*")


def kind_of(reason: str) -> str:
    """Return what the reasons of two failures have in common that are of one kind.

    That is how the process ended and the type of its exception, or the line that it wrote last without its numbers,
    paths and quoted words.

    >>> kind_of("exit code 1: ValueError: width 712 is too large")
    'exit code 1: ValueError'
    >>> kind_of("out of memory on device 3 (exit code 1): torch.OutOfMemoryError: tried to allocate 2.00 GiB")
    'out of memory on device # (exit code 1): torch.OutOfMemoryError'
    >>> kind_of("exit code 1: no '/tmp/x7' at step 12")
    'exit code 1: no # at step #'
    """
    return ": ".join(_VARYING.sub("#", part) for part in reason.split(": ")[:2])
