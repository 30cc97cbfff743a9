"""Ports that trials are given: with real sockets."""

import socket
import subprocess
import sys

import pytest

from steps.errors import StepError
from steps.process import ports


def test_a_port_is_reserved_once():
    """Each reservation has another port, and a port that was given up is the next one's."""
    one, two = ports.reserve(), ports.reserve()
    assert one.number != two.number
    one.close()
    with ports.reserved() as again:
        assert again.number <= one.number
    two.close()


def test_a_reserved_port_is_free_for_its_program():
    """The program for which it is meant can listen there, on every address."""
    with ports.reserved() as port, socket.create_server(("", port.number)) as server:
        assert server.getsockname()[1] == port.number
        assert not port.is_free()


def test_another_process_gets_another_port():
    """As long as the one lives that has reserved it, however that ends."""
    script = "from steps.process import ports; port = ports.reserve(); print(port.number, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        theirs = int(other.stdout.readline())
        with pytest.raises(OSError, match="in use"):
            ports.ReservedPort(theirs)
        other.kill()
        other.wait()
        ports.ReservedPort(theirs).close()


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1"])
def test_a_port_at_which_somebody_listens_is_not_reserved(address, monkeypatch):
    """Somebody who has reserved nothing."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        server = socket.create_server((address, 0), family=family)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with server:
        number = server.getsockname()[1]
        monkeypatch.setattr(ports, "_NUMBERS", range(number, number + 1))
        with pytest.raises(StepError, match=f"no TCP port from {number} to {number} is free"):
            ports.reserve()
    with ports.reserved() as port:
        assert port.number == number


def test_a_port_whose_connections_linger_is_not_free():
    """A program that does not ask to share them could not listen there."""
    with ports.reserved() as port:
        address = ("127.0.0.1", port.number)
        with socket.create_server(address) as server, socket.create_connection(address) as client:
            accepted, _ = server.accept()
            accepted.close()  # the side that closes first lingers
            assert client.recv(1) == b""
        with pytest.raises(OSError, match="in use"), socket.socket() as plain:
            plain.bind(("127.0.0.1", port.number))
        assert not port.is_free()
