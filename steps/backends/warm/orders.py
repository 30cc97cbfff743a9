"""The messages that a launcher gets: for `launcher`, under the same rules as that."""

import json
import os
import select
import socket
from typing import Any

_MESSAGE_BYTES = 1 << 20


class Orders:
    """The messages from the other side of a socket, and the descriptors that came with them."""

    def __init__(self, connection: socket.socket):
        self._socket = connection
        self._content = b""
        self._descriptors: list[int] = []
        self.close = connection.close

    def fileno(self) -> int:
        """Return the socket's descriptor, for `select`."""
        return self._socket.fileno()

    def is_ready(self) -> bool:
        """Tell whether there is a message, or the end of them."""
        return b"\n" in self._content or bool(select.select([self._socket], [], [], 0)[0])

    def receive(self) -> "tuple[dict[str, Any] | None, list[int]]":
        """Return the next message and its descriptors; (None, []) once the socket has closed."""
        while b"\n" not in self._content:
            part, descriptors, _, _ = socket.recv_fds(self._socket, _MESSAGE_BYTES, 8)
            if not part:
                return None, []
            self._content += part
            self._descriptors += descriptors
            for descriptor in descriptors:
                os.set_inheritable(descriptor, False)
        line, _, self._content = self._content.partition(b"\n")
        message = json.loads(line)
        count = message.get("descriptors", 0)
        own, self._descriptors = self._descriptors[:count], self._descriptors[count:]
        return message, own
