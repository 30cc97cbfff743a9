"""What commands import is learned from the first of them: real environments, real packages, real forks."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from steps.backends.warm import preload
from steps.backends.warm.launch import Launcher
from steps.backends.warm.preload import LearnedPreload, Start
from steps.backends.warm.program import Program
from steps.process import proc
from tests.backends.warm.test_launcher import interpreters
from tests.waits import until

pytestmark = pytest.mark.e2e

# A package does what it does only in a launcher.
IN_LAUNCHER = "import os, sys\nif sys.orig_argv[1].endswith('launcher.py'):\n    "
PACKAGES = {
    "plain": "import json\n",
    "lazy": "",
    "stubborn": "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n",
    "needs_stubborn": "try:\n    import stubborn\nexcept ImportError:\n    stubborn = None\n",
    "asks": "import importlib.util\nhas_stubborn = importlib.util.find_spec('stubborn') is not None\n",
    "chatty": "print('welcome')\n",
    "warns": "import warnings\nwarnings.warn('old')\n",
    "quits": f"{IN_LAUNCHER}os._exit(0)\n",
    "exits": f"{IN_LAUNCHER}sys.exit('no')\n",
    "crashes": f"{IN_LAUNCHER}os.abort()\n",
    "picky": f"{IN_LAUNCHER}raise ImportError\n",
    "server": f"import subprocess\n{IN_LAUNCHER}subprocess.Popen(['sleep', '600'])\n",
    "device": f"{IN_LAUNCHER}os.open('/dev/null', 0)\n",
    "flavoured": "import os\nflavour = os.environ.get('FLAVOUR')\n",
    "unforkable": "import os\nhome = os.getpid()\ndef work():\n    os.getpid() == home or os.abort()\n"
    "def wait():\n    import time\n    os.getpid() == home or time.sleep(600)\n",
    "shadowed": "",
    "signals": "import signal\nsignal.signal(signal.SIGTERM, lambda *_: None)\n",
    "logs": "import logging\nlogging.basicConfig(level=logging.INFO)\n",
    "temporary": "import tempfile\nfolder = tempfile.mkdtemp()\n",
    "file_log": "import logging\nlogging.getLogger('own').addHandler(logging.FileHandler('own.log'))\n",
    "connected": "import socket\nserver = socket.create_server(('127.0.0.1', 0))\n",
    "draws_a_name": "import random\nname = random.getrandbits(24)\n",
    "at_exit": "import atexit\natexit.register(print, 'the end')\n",
    "given": "import os\nnumber = os.environ.get('NUMBER')\n",
    "all_given": "import os\nnames = [name for name, value in os.environ.items() if value == 'none']\n",
    # What numpy has of this: a state, which a seed changes.
    "numpy": "from types import SimpleNamespace\nrandom = SimpleNamespace(seeds=bytearray(1))\n"
    "random.get_state = lambda: ('MT19937', memoryview(random.seeds))\n"
    "random.seed = lambda seed=1: random.seeds.__setitem__(0, seed)\n",
    "seeds": "import numpy\nnumpy.random.seed(7)\n",
    "draws": "import random\ngenerator = random.Random()\nchosen = random.Random(7)\n",
}
SAFE = {"plain", "lazy", "asks", "warns", "device", "all_given", "draws", "numpy", "at_exit", "draws_a_name"}
BEGIN = f"import json, os, sys\nbefore = sorted(set(sys.modules) & {{*{sorted(PACKAGES)}, 'helper'}})\n"
PRINT = "print(json.dumps([before, {}]))\n"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has the packages."""
    return environment_of(sys.executable, tmp_path_factory.mktemp("environment"))


def environment_of(interpreter: str, folder: Path) -> Path:
    """Make an environment that has the packages; return its interpreter."""
    subprocess.run([interpreter, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for name, text in PACKAGES.items():
        (site / name).mkdir()
        (site / name / "__init__.py").write_text(text)
    return folder / "bin" / "python"


@dataclass
class Commands:
    """Runs a script one time after the other."""

    preload: LearnedPreload
    prepared: Launcher
    folder: Path
    number: int = 0

    def start(self, *words: str) -> Start:
        """Start it."""
        self.number += 1
        output = self.folder / f"{self.number}.log"
        variables = {"NUMBER": str(self.number)}
        return self.preload.start(" ".join(["python", "fit.py", *words]), str(self.folder), variables, output)

    def run(self, *words: str) -> tuple[Start, Any]:
        """Run it to its end; return what it printed."""
        start = self.start(*words)
        assert start.fork.wait(120)
        text = (self.folder / f"{self.number}.log").read_text()
        printed = [line for line in text.splitlines() if line.startswith("[")]
        return start, json.loads(printed[-1]) if start.fork.exit_code == 0 else text

    def until_warm(self, *words: str, at_least: int = 1) -> tuple[Start, Any]:
        """Run it until what it imports had been learned for that many of them; return the last one."""
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            start, printed = self.run(*words)
            assert (start.fork.exit_code, self.preload.doubt(start)) == (0, None), printed
            at_least -= start.is_warm and not start.misfit()
            if not at_least:
                return start, printed
        raise TimeoutError


@pytest.fixture
def commands(python: Path, tmp_path: Path) -> Iterator[Callable[..., Commands]]:
    """Make what runs a script in the environment."""
    made: list[Commands] = []

    def make(script: str, interpreter: Path = python, modules: Sequence[str] = ()) -> Commands:
        (tmp_path / "fit.py").write_text(script)
        prepared = Launcher(Program(str(interpreter), variables={"TEST_MARK": tmp_path.name})).start(modules)
        made.append(Commands(LearnedPreload(prepared, tmp_path), prepared, tmp_path))
        return made[-1]

    yield make
    for each in made:
        each.preload.end()
        each.prepared.stop()
    until(lambda: not proc.with_variable(f"TEST_MARK={tmp_path.name}"), 120, "the end of all that was started")


def test_what_is_safe_is_imported_beforehand(commands: Callable[..., Commands], tmp_path: Path) -> None:
    """Also what a function imports; never the project's own files, nor what is unsafe, nor what needs that."""
    (tmp_path / "helper.py").write_text("import lazy\n")
    names = [name for name in PACKAGES if name not in ("lazy", "unforkable", "shadowed")]
    script = f"{BEGIN}import {', '.join(names)}\ndef main():\n    import helper\nmain()\n"
    runs = commands(f"{script}{PRINT.format('needs_stubborn.stubborn is not None')}")
    first, printed = runs.run()
    assert (first.is_warm, printed) == (False, [[], True])
    before = sorted(Path.cwd().iterdir())
    _, printed = runs.until_warm()
    assert printed == [sorted(SAFE | {"flavoured"}), True]
    assert sorted(Path.cwd().iterdir()) == before  # the launchers' folder; own.log is that of the runs alone


@pytest.mark.slow
def test_it_is_learned_under_each_python(commands: Callable[..., Commands], tmp_path: Path) -> None:
    """Of this machine, from the oldest that a project may have."""
    names = ["plain", "stubborn", "needs_stubborn", "chatty", "temporary", "given", "draws"]
    script = f"{BEGIN}os.environ['FLAVOUR'] = 'sweet'\nimport flavoured, {', '.join(names)}\n"
    for number, interpreter in enumerate(interpreters()):
        own = environment_of(interpreter, tmp_path / str(number))
        _, printed = commands(f"{script}{PRINT.format('flavoured.flavour')}", own).until_warm()
        assert printed == [["draws", "flavoured", "plain"], "sweet"], interpreter


def test_a_module_of_the_project_is_not_taken_for_a_package(commands: Callable[..., Commands], tmp_path: Path) -> None:
    """One of the same name as a package that was imported beforehand: the script gets its own."""
    runs = commands(f"{BEGIN}import plain\nimport shadowed\n{PRINT.format('shadowed.__file__')}")
    runs.until_warm()
    (tmp_path / "shadowed.py").write_text("")
    _, (before, file) = runs.run()
    assert ("plain" in before, file) == (True, str(tmp_path / "shadowed.py"))


def test_a_package_reads_the_variable_that_the_script_sets(commands: Callable[..., Commands]) -> None:
    """The same in every run: the package is imported with it, beforehand; the script finds it unset."""
    set_it = "standing = os.environ.get('FLAVOUR')\nos.environ['FLAVOUR'] = 'sweet'\n"
    runs = commands(f"{BEGIN}{set_it}import flavoured\n{PRINT.format('standing, flavoured.flavour')}")
    _, printed = runs.until_warm()
    assert printed == [["flavoured"], None, "sweet"]


# It counts how often it begins, and prints what would stand twice in its output if that were kept.
COUNT = f"{BEGIN}print('begins')\nopen('begun', 'a').write('.')\n"


def test_a_run_that_sets_what_was_read_starts_anew(commands: Callable[..., Commands], tmp_path: Path) -> None:
    """By itself, as if nothing had been imported; then what is imported behind that is left to the runs."""
    set_it = "os.environ.update({'FLAVOUR': word for word in sys.argv[1:]})\n"
    facts = "flavoured.flavour, os.getpid(), os.getsid(0), sys.argv, open('begun').read()"
    runs = commands(f"{COUNT}import plain\n{set_it}import flavoured\n{PRINT.format(facts)}")
    _, printed = runs.until_warm()
    assert printed[:2] == [["flavoured", "plain"], None]
    (tmp_path / "begun").write_text("")
    start, printed = runs.run("sweet")
    assert printed == [[], "sweet", start.fork.pid, start.fork.pid, ["fit.py", "sweet"], ".."]
    assert start.misfit()["reason"] == "it sets FLAVOUR, which what was imported beforehand has read"
    assert (tmp_path / f"{runs.number}.log").read_text().count("begins") == 1
    assert runs.preload.doubt(start) is None
    assert runs.run("sweet")[1][:2] == [[], "sweet"]
    _, printed = runs.until_warm("sweet")
    assert printed[:2] == [["plain"], "sweet"]


def test_what_the_first_launcher_has_imported_suits_no_script_that_sets_what_was_read(
    commands: Callable[..., Commands], tmp_path: Path
) -> None:
    """Such a one starts anew, the next starts cold; and each begins but once or twice."""
    set_it = "os.environ['FLAVOUR'] = 'sweet'\n"
    runs = commands(f"{COUNT}{set_it}import flavoured\n{PRINT.format('flavoured.flavour')}", modules=["flavoured"])
    assert [runs.run()[1] for _ in range(2)] == [[[], "sweet"]] * 2
    assert (tmp_path / "begun").read_text() == "..."
    assert runs.until_warm()[1] == [["flavoured"], "sweet"]


def test_a_variable_that_no_import_has_read_concerns_nothing(commands: Callable[..., Commands], tmp_path: Path) -> None:
    """Each run may set it as it likes, before its imports too, and begins once."""
    set_it = "os.environ['OTHER'] = sys.argv[1]\n"
    runs = commands(f"{COUNT}{set_it}import plain, flavoured\n{PRINT.format('sys.argv[1]')}", modules=["flavoured"])
    for word in ("one", "two", "three"):
        _, printed = runs.until_warm(word)
        assert printed == [["flavoured", "plain"], word]
    assert len((tmp_path / "begun").read_text()) == runs.number


def test_a_variable_that_is_set_last_concerns_nothing(commands: Callable[..., Commands]) -> None:
    """Once a run that started cold has shown that, each may set it to what it likes."""
    last = "os.environ.update({'FLAVOUR': word for word in sys.argv[1:]})\n"
    runs = commands(f"{BEGIN}import plain, flavoured\n{last}{PRINT.format('sys.argv[1:]')}")
    runs.until_warm()
    start, _ = runs.run("one")
    assert start.misfit()
    for word in ("one", "two"):
        _, printed = runs.until_warm(word)
        assert printed == [["flavoured", "plain"], [word]]


def test_a_run_that_has_worked_for_long_never_starts_anew(
    commands: Callable[..., Commands], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it sets then comes after its imports. Its clock is moved."""
    late = "time.monotonic = lambda: 1e9\nos.environ['FLAVOUR'] = 'sweet'\n"
    script = f"{BEGIN}import time\nimport flavoured\n{late}{PRINT.format('flavoured.flavour')}"
    runs = commands(script, modules=["flavoured"])
    start, printed = runs.run()
    assert (start.misfit(), printed) == ({}, [["flavoured"], None])


def test_a_run_that_does_not_set_what_others_set_is_run_again(
    commands: Callable[..., Commands], capfd: pytest.CaptureFixture[str]
) -> None:
    """Once, cold, since its package has read the value of others; never one that failed before it came to that."""
    set_it = "if len(sys.argv) > 2: sys.exit(1)\nif len(sys.argv) < 2: os.environ['FLAVOUR'] = 'sweet'\n"
    runs = commands(f"{BEGIN}{set_it}import flavoured\n{PRINT.format('flavoured.flavour')}")
    runs.until_warm()
    failed, _ = runs.run("too", "early")
    assert (failed.is_warm, failed.fork.exit_code, runs.preload.doubt(failed)) == (True, 1, None)
    runs.until_warm()
    start, _ = runs.run("unset")
    assert runs.preload.doubt(start) == "it does not set FLAVOUR, as an earlier trial had done"
    again, printed = runs.run("unset")
    assert (again.is_warm, printed, runs.preload.doubt(again)) == (False, [[], None], None)
    assert capfd.readouterr().err.count("from now on trials start cold") == 1


def test_forks_draw_each_its_own(commands: Callable[..., Commands]) -> None:
    """From generators that a package made when it was imported; one with a seed stays as the package made it."""
    runs = commands(f"{BEGIN}import draws\n{PRINT.format('draws.generator.random(), draws.chosen.random()')}")
    drawn = [runs.until_warm()[1] for _ in range(2)]
    assert [before for before, *_ in drawn] == [["draws"]] * 2
    (_, first, chosen), (_, second, again) = drawn
    assert first != second
    assert chosen == again == random.Random(7).random()


def test_exit_handlers_of_packages_run_at_the_end_of_each_run(
    commands: Callable[..., Commands], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """And of no launcher."""
    runs = commands(f"{BEGIN}import at_exit\n{PRINT.format('0')}")
    assert runs.until_warm()[1] == [["at_exit"], 0]
    runs.preload.end()
    assert (tmp_path / f"{runs.number}.log").read_text().splitlines()[1:] == ["the end"]
    assert capfd.readouterr().out == ""


def test_a_variable_that_differs_is_never_read_too_early(commands: Callable[..., Commands]) -> None:
    """A run that sets it otherwise starts anew; what is imported behind it is then left to the runs."""
    set_it = "os.environ['FLAVOUR'] = sys.argv[1]\n"
    runs = commands(f"{BEGIN}import plain\n{set_it}import flavoured\n{PRINT.format('flavoured.flavour')}")
    _, printed = runs.until_warm("sweet")
    assert printed == [["flavoured", "plain"], "sweet"]
    start, printed = runs.run("sour")
    assert printed == [[], "sour"]
    assert start.misfit()["reason"] == "it sets FLAVOUR to 'sour', and an earlier trial had set 'sweet'"
    assert runs.run("sour")[1] == [[], "sour"]
    _, printed = runs.until_warm("salty")
    assert printed == [["plain"], "salty"]
    assert runs.until_warm("bitter")[0].misfit() == {}


def test_a_fork_that_proves_unsafe_is_the_last(
    commands: Callable[..., Commands], capfd: pytest.CaptureFixture[str]
) -> None:
    """The run is to be run again, from then on all start cold, and stderr says so once."""
    runs = commands(f"{BEGIN}import unforkable\nif len(sys.argv) > 1: unforkable.work()\n{PRINT.format('0')}")
    runs.until_warm()
    for _ in range(2):
        start, _ = runs.run("work")
        if not start.is_warm:
            break
        assert "SIGABRT" in (runs.preload.doubt(start) or "")
    assert (start.is_warm, start.fork.exit_code) == (False, 0)
    (said,) = [line for line in capfd.readouterr().err.splitlines() if line.startswith("tune: ")]
    assert said.startswith("tune: from now on trials start cold")


def test_a_command_that_hangs_in_its_fork_is_ended(
    commands: Callable[..., Commands], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is old, and uses no CPU; never one that started cold, nor one that works."""
    for name, value in (("_IDLE_S", 0.2), ("_OLD_S", 0.2), ("_TIMES", 0.0)):
        monkeypatch.setattr(preload, name, value)
    runs = commands(f"{BEGIN}import unforkable\nif len(sys.argv) > 1: unforkable.wait()\n{PRINT.format('0')}")
    runs.until_warm()
    start = runs.start("work")

    def has_ended() -> bool:
        runs.preload.look_after(start)
        return start.fork.poll()

    until(has_ended, 120, "the end of what hangs")
    assert (start.hangs, start.fork.exit_code) == (True, -signal.SIGKILL)
    assert "nothing happened" in (runs.preload.doubt(start) or "")
    cold = runs.start("work")
    runs.preload.look_after(cold)
    assert (cold.is_warm, cold.hangs) == (False, False)


def test_a_launcher_that_is_killed_is_replaced(commands: Callable[..., Commands]) -> None:
    """Meanwhile commands start cold."""
    runs = commands(f"{BEGIN}import plain\n{PRINT.format('os.getppid()')}")
    _, (before, parent) = runs.until_warm()
    assert before == ["plain"]
    subprocess.run(["kill", "-9", str(parent)], check=True)
    _, (_, other) = runs.until_warm(at_least=2)
    assert other not in (parent, runs.prepared.pid)
