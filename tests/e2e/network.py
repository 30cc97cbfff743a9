"""A network of a test's own: what listens on every interface there, nobody else can reach."""

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

_NEW_NETWORK = 0x40000000  # CLONE_NEWNET, see unshare(2)
_SET_FLAGS = 0x8914  # SIOCSIFFLAGS, see netdevice(7)
_UP = 0x41  # IFF_UP | IFF_RUNNING
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def own_network() -> Iterator[None]:
    """Put this thread, and the processes that it starts, into a network that has loopback alone; then back.

    Raises PermissionError for who is not root.
    """
    outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _check(_libc.unshare(_NEW_NETWORK))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh", b"lo", _UP))
        yield
    finally:
        _check(_libc.setns(outside, _NEW_NETWORK))
        os.close(outside)


def _check(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
