"""States of the world that an input can't name: servers, databases, disks. See `rows.State`."""

import http.server
import shutil
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.inputs.rows import State


def answering(status: int, body: str, kind: str = "text/html", **headers: str) -> State:
    """Make a web server that answers every request alike; {server} is its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body.encode())), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_PATCH = do_PUT = answer

        def log_message(self, *_: object) -> None:
            pass

    @contextmanager
    def state(_folder: Path) -> Iterator[Mapping[str, str]]:
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            yield _at(server.server_address[1])
            server.shutdown()
            thread.join()

    return state


@contextmanager
def silent(_folder: Path) -> Iterator[Mapping[str, str]]:
    """A port where connections are taken and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield _at(listening.getsockname()[1])


@contextmanager
def refused(_folder: Path) -> Iterator[Mapping[str, str]]:
    """A port where nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        yield _at(bound.getsockname()[1])


@contextmanager
def no_http(_folder: Path) -> Iterator[Mapping[str, str]]:
    """A server of another protocol."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        yield _at(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def changed(sql: str) -> State:
    """Make the row's tracking database one that some SQL has changed."""

    @contextmanager
    def state(folder: Path) -> Iterator[Mapping[str, str]]:
        shutil.copy(folder / "mlflow.db", folder / "changed.db")
        with closing(sqlite3.connect(folder / "changed.db")) as connection:
            connection.executescript(sql)
        yield {"database": f"sqlite:///{folder}/changed.db"}

    return state


@contextmanager
def read_only(folder: Path) -> Iterator[Mapping[str, str]]:
    """A tracking database on a disk that is mounted read-only."""
    with _disk(folder, "8m") as disk:
        shutil.copy(folder / "mlflow.db", disk / "mlflow.db")
        _mount("-o", "remount,ro", str(disk))
        yield {"database": f"sqlite:///{disk}/mlflow.db"}


@contextmanager
def full(folder: Path) -> Iterator[Mapping[str, str]]:
    """A tracking database on a disk that is full."""
    with _disk(folder, "2m") as disk:
        shutil.copy(folder / "mlflow.db", disk / "mlflow.db")
        with suppress(OSError), (disk / "rest").open("wb", buffering=0) as rest:
            while rest.write(bytes(4096)):
                pass
        yield {"database": f"sqlite:///{disk}/mlflow.db"}


@contextmanager
def no_room_for_a_model(folder: Path) -> Iterator[Mapping[str, str]]:
    """A tracking database whose artifacts go to a disk that is too small for a model."""
    sql = f"UPDATE experiments SET artifact_location = '{folder}/disk/artifacts'"
    with _disk(folder, "16k"), changed(sql)(folder) as places:
        yield places


@contextmanager
def _disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a disk of a size in memory."""
    disk = folder / "disk"
    disk.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk))
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def _mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"mounting a disk is not allowed here: {done.stderr.strip()}")


def _at(port: int) -> dict[str, str]:
    return {"server": f"http://127.0.0.1:{port}", "port": str(port)}
