"""How a forked program ends: as in an interpreter of its own, whatever it has left open or running."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from steps.backends.warm.launch import Launcher
from steps.project.environment import PROJECT

pytestmark = pytest.mark.e2e

# What programs share with the launcher; a package of C among them.
SHARED = ["gzip", "json", "shelve", "sqlite3", "zipfile", "concurrent.futures", "multiprocessing.pool", "numpy"]
LOUD = """
import sys
class Loud:
    def __init__(self, name): self.name = name
    def __del__(self): print("end of", self.name)
"""
PROGRAMS = {
    "nothing": "",
    "an exit code": "raise SystemExit(7)",
    "a message": "raise SystemExit('that was it')",
    "an error": "print('before'); 1 / 0",
    "a text file": "kept = open('file', 'w'); kept.write('text')",
    "files of all modes": (
        "kept = [open('a', 'wb'), open('b', 'w+'), open('c', 'wb', buffering=0), open('d', 'r+b') if 0 else None]\n"
        "for number, file in enumerate(kept[:3]): file.write(b'x' if 'b' in file.mode else 'x')"
    ),
    "a file in a cycle": "kept = [open('file', 'w')]; kept.append(kept); kept[0].write('text')",
    "a file in a shared module": "import json; json.kept = open('file', 'w'); json.kept.write('text')",
    "a file in a default": "def f(file=open('file', 'w')): file.write('text')\nf()",
    "a file in a module of its own": "import own; own.kept.write('text')",
    "a compressed file": "import gzip; kept = gzip.open('file', 'wt'); kept.write('text')",
    "an archive": "import zipfile; kept = zipfile.ZipFile('file', 'w'); kept.writestr('inner', 'text')",
    "a shelf": "import shelve; kept = shelve.open('file', writeback=True); kept['a'] = []; kept['a'].append(1)",
    "a temporary file": "import tempfile; kept = tempfile.NamedTemporaryFile(dir='.')",
    "a temporary folder": "import tempfile; kept = tempfile.TemporaryDirectory(dir='.')",
    "a database": (
        "import sqlite3; kept = sqlite3.connect('file'); kept.execute('create table t (x)'); kept.commit()\n"
        "kept.execute('insert into t values (1)')"
    ),
    "objects in order": LOUD + "_private = Loud('private'); public = Loud('public'); del Loud",
    "an object in a cycle": LOUD + "kept = Loud('one'); kept.self = kept; del kept",
    "an object in a module": LOUD + "import own; own.loud = Loud('module')",
    "an object in the last error": LOUD + "sys.last_value = Loud('error')",
    "an object whose class a shared module holds": LOUD + "import json; json.kept = Loud; kept = Loud('own')",
    "an object whose class is in a cache": LOUD + "import typing; print(typing.List[Loud]); kept = Loud('own')",
    "a class of a shared class": LOUD + "import json\nclass Own(json.JSONEncoder): kept = Loud('in a class')",
    "a lambda in a shared module": LOUD + "import json; json.kept = lambda: kept; kept = Loud('own')",
    "an error in an object's end": "class Bad:\n    def __del__(self): raise ValueError('bad')\nkept = Bad()",
    "an object that uses its module": LOUD.replace('"end of"', "WORD") + "WORD = 'uses'; kept = Loud('one')",
    "exit handlers": "import atexit\nfor n in range(3): atexit.register(print, n)",
    "an exit handler that fails": "import atexit; atexit.register(lambda: 1 / 0)",
    "finalizers": LOUD + "import weakref; kept = Loud('one'); weakref.finalize(kept, print, 'finalized')",
    "a thread": "import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.2), print('thread'))).start()",
    "a thread without end": (
        "import threading, time\ndef go():\n    while True: time.sleep(0.01); json.dumps({})\nimport json\n"
        "threading.Thread(target=go, daemon=True).start(); kept = open('file', 'w'); kept.write('text')"
    ),
    "a pool of threads": "from concurrent.futures import *\nThreadPoolExecutor().submit(print, 'pooled')",
    "a pool of processes": "from multiprocessing.pool import *\nkept = Pool(2); print(kept.map(abs, [-1, 2]))",
    "a fork": "import os\nif os.fork(): os.wait(); print('parent')\nelse: print('child')",
    "output of C": "import ctypes; ctypes.CDLL(None).printf(b'of C')",
    "stdout closed": "import sys; print('before'); sys.stdout.close()",
    "stdout is none": "import sys; print('before'); sys.stdout.flush(); sys.stdout = None",
    "stdout replaced": (
        "import sys\nclass Tee:\n    def write(self, text): sys.__stdout__.write(text.upper())\n"
        "    def flush(self): sys.__stdout__.write('flushed ')\nsys.stdout = Tee(); print('word')"
    ),
    "stdout to a full disk": "import os, sys; print('lost', end=''); os.dup2(os.open('/dev/full', os.O_WRONLY), 1)",
    "modules removed": "import sys, own; own.kept.write('text'); sys.modules.clear()",
    "a module that is none": "import sys, own; sys.modules.update(own=None, other=1); own.kept.write('x')",
}


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    """A launcher that has imported what some of the programs use."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(PROJECT)
        patch.delenv("PYTHONUNBUFFERED", raising=False)  # what is printed waits for the end
        launcher = Launcher()
        yield launcher.start(SHARED)
        launcher.stop()


def left(folder: Path) -> dict[str, bytes]:
    """All files in a folder, by their paths; an archive tells the time."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.name != "__pycache__")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def prepared(folder: Path, program: str) -> Path:
    folder.mkdir()
    (folder / "program.py").write_text(program)
    (folder / "own.py").write_text("kept = open('own.txt', 'w')\n")
    return folder


def same(text: str, folder: Path) -> str:
    """What is written, without the place where that was, and lines of source, which late tracebacks have no more."""
    return re.sub("^    .*\n|(?<=0x)[0-9a-f]+", "", text.replace(str(folder), "…"), flags=re.MULTILINE)


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_ends_as_in_an_interpreter(name, launcher, tmp_path):
    """The exit code, what it writes, and what it leaves in files are those of an interpreter."""
    alone, forked = (prepared(tmp_path / kind, PROGRAMS[name]) for kind in ("alone", "forked"))
    output, env = tmp_path / "output", {name: v for name, v in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with output.open("wb") as file:
        code = subprocess.run(
            [sys.executable, "program.py"], cwd=alone, env=env, stdout=file, stderr=file, timeout=60, check=False
        ).returncode
    expected = (code, same(output.read_text(), alone))
    output.unlink()
    fork = launcher.run("python program.py", str(forked), {}, output)
    assert fork.wait(60)
    assert (fork.exit_code, same(output.read_text(), forked)) == expected
    files, others = left(forked), left(alone)
    if name in ("a compressed file", "an archive"):  # these hold the time
        assert {path: len(content) for path, content in files.items()} == {p: len(c) for p, c in others.items()}
    else:
        assert files == others


def test_what_a_shared_module_holds_is_not_taken_apart(launcher, tmp_path):
    """That is what is saved: only an object that the program has put into such a module does not end."""
    folder = prepared(tmp_path / "forked", LOUD + "import json; json.kept = Loud('shared'); kept = Loud('own')")
    fork = launcher.run("python program.py", str(folder), {}, tmp_path / "output")
    assert fork.wait(60)
    assert (fork.exit_code, (tmp_path / "output").read_text()) == (0, "end of own\n")
