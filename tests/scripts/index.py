"""An index of packages on this machine, of wheels that have nothing in them."""

import functools
import http.server
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def wheel(folder, name, version, *metadata):
    """Write a package that has nothing but its metadata."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *metadata]
    files = {
        f"{info}/METADATA": "\n".join(lines) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: none\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        for path, content in files.items():
            file.writestr(path, content)


class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *arguments, seen, **more):
        self.seen = seen
        super().__init__(*arguments, **more)

    def log_request(self, *_):
        self.seen(self)

    def log_message(self, *_):
        pass


@contextmanager
def served(
    folder: Path, seen: Callable[[http.server.BaseHTTPRequestHandler], object] = id, handler: type[Handler] = Handler
) -> Iterator[str]:
    """Serve a folder, and yield its URL; `seen` is called with each request."""
    folder.mkdir(exist_ok=True)
    made = functools.partial(handler, directory=folder, seen=seen)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), made) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
