"""TCP ports for trials: one that is reserved here is given to nobody else on this machine, by no other study either."""

import errno
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

from steps.errors import StepError

# Above the ports of common services, below those that systems give to outgoing connections (Linux: from 32768 on).
FIRST = 20000
_NUMBERS = range(FIRST, 30000)
_EVERYWHERE = ((socket.AF_INET, ""), (socket.AF_INET6, "::"))


class ReservedPort:
    """A TCP port that this process has reserved: until `close`, or the end of the process, however that comes.

    The port itself must stay free for the program that it is meant for. So the reservation is the UDP port of the same
    number on loopback: the system gives that to one process at a time, of any user.
    """

    def __init__(self, number: int):
        """Reserve a number. Raises OSError if another process has."""
        self.number = number
        self._reservation = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._reservation.bind(("127.0.0.1", number))
        except OSError:
            self._reservation.close()
            raise
        self.close = self._reservation.close

    def is_free(self) -> bool:
        """Tell whether a program can bind the port on every address now: one that reserves nothing may have it."""
        return all(_can_bind(family, address, self.number) for family, address in _EVERYWHERE)


def reserve() -> ReservedPort:
    """Reserve the lowest port that is free. Raises StepError if there is none."""
    for number in _NUMBERS:
        try:
            port = ReservedPort(number)
        except OSError:
            continue
        if port.is_free():
            return port
        port.close()
    raise StepError(f"no TCP port from {_NUMBERS.start} to {_NUMBERS.stop - 1} is free on this machine")


@contextmanager
def reserved() -> Iterator[ReservedPort]:
    """Reserve a port inside."""
    with closing(reserve()) as port:
        yield port


def _can_bind(family: socket.AddressFamily, address: str, number: int) -> bool:
    """Tell whether a program could bind a port that does not ask for one whose last connections still linger."""
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((address, number))
    except OSError as error:
        return error.errno != errno.EADDRINUSE  # a machine without IPv6
    return True
