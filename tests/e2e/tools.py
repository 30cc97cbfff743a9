"""What the e2e tests share: the real commands, the runs they leave, the processes they leave."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mlflow.entities import LoggedModelOutput, Run
from mlflow.tracking import MlflowClient

from steps.process import proc
from tests.host import ROOT, Host
from tests.waits import PATIENCE_S, promised
from tests.waits import until as until

# What a study in a test goes without, unless the test asks for it: each costs seconds.
SPARED = {"champion": "false", "report": "false"}
# Every process that a test starts inherits this variable, and so can be found.
MARK = "TEST_MARK"
# How long a command may take, on a machine that has nothing else to do.
LIMIT_S = 900.0
# How long the processes of a killed study may take to end.
ALL_GONE_S = 5


@dataclass
class Place:
    """A folder of its own for one study or run: its tracking database, its environment, its mark."""

    folder: Path
    project: Path | str = ROOT
    extra: dict[str, str] = field(default_factory=dict)
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    python: str = sys.executable
    server: str | None = None  # the address of one that has another database
    host: Host | None = None

    @property
    def uri(self) -> str:
        return f"sqlite:///{self.folder}/mlflow.db"

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(self.server or self.uri)

    @property
    def env(self) -> dict[str, str]:
        (self.folder / "tmp").mkdir(exist_ok=True)
        own = {"MLFLOW_TRACKING_URI": self.uri, "MLFLOW_DISABLE_TELEMETRY": "true", MARK: self.mark}
        own["XDG_STATE_HOME"] = str(self.folder / "state")
        return {**os.environ, **own, "TMPDIR": str(self.folder / "tmp"), **self.extra}

    def command(self, entry_point: str, *options: str, env_manager: str = "local", **parameters: object) -> list[str]:
        words = [self.python, "-m", "mlflow", "run", str(self.project), "-e", entry_point]
        words += ["--env-manager", env_manager, *options]
        for name, value in {**(SPARED if entry_point == "tune" else {}), **parameters}.items():
            words += ["-P", f"{name}={value}"]
        return words

    def mlflow_run(self, entry_point: str, *options: str, check: bool = True, **parameters: object) -> "Done":
        return self.run(self.command(entry_point, *options, **parameters), check=check)  # type: ignore[arg-type]

    def step_command(self, module: str, **parameters: object) -> list[str]:
        values = {**(SPARED if module == "steps.tune" else {}), **parameters}
        return [self.python, "-m", module, *(f"--{name}={value}" for name, value in values.items())]

    def step(self, module: str, *words: str, check: bool = False, **parameters: object) -> "Done":
        """Run a step by hand, without the seconds of `mlflow run` around it, nor where it can be those of imports."""
        command = [*self.step_command(module, **parameters), *words]
        if self.host is None or self.project != ROOT:
            return self.run(command, cwd=Path(self.project), check=check)
        out, err = (Path(tempfile.mkstemp(prefix=name, dir=self.folder)[1]) for name in ("out", "err"))
        code = self.host.step(module, command[3:], self.env, out=out, err=err)
        done = Done(code, out.read_text(), err.read_text())
        assert not check or code == 0, done.stdout + done.stderr
        return done

    def run(self, words: list[str], *, cwd: Path | None = None, check: bool, limit_s: float = LIMIT_S) -> "Done":
        done = subprocess.run(
            words, cwd=cwd or self.folder, env=self.env, capture_output=True, text=True, timeout=limit_s, check=False
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, words: list[str], *, cwd: Path | None = None) -> "subprocess.Popen[bytes]":
        """Start a command as the leader of a session, as a terminal would; its output goes to a file."""
        with (self.folder / "output.txt").open("w") as output:
            return subprocess.Popen(
                words, cwd=cwd or self.folder, env=self.env, stdout=output, stderr=output, start_new_session=True
            )

    def paste(self, command: str) -> "subprocess.Popen[bytes]":
        """Start a command as a person does who pastes it into a new shell, where nothing is activated or set."""
        with (self.folder / "output.txt").open("w") as output:
            return subprocess.Popen(
                ["bash", "-c", command],
                cwd=self.folder,
                env={"HOME": str(self.folder), "PATH": "/usr/bin:/bin", MARK: self.mark},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def processes(self) -> dict[int, str]:
        """Find the processes that carry the mark: their ids and commands."""
        return processes_with(f"{MARK}={self.mark}")

    def all_gone(self, seconds: float = ALL_GONE_S) -> None:
        """Wait until no process carries the mark; fail if that takes longer than the seconds that are promised."""
        with promised(seconds):
            until(lambda: not self.processes(), PATIENCE_S, f"the end of {self.processes()}")

    def named(self, study: str) -> "Study":
        """A study that may have several parents: with the newest of them, and all of its children."""
        parents = self.client.search_runs(["0"], f"tags.`tuning.study` = '{study}' AND tags.`tuning.role` = 'study'")
        return Study(self.client, parents[0], study)

    def study(self) -> "Study":
        parents = self.client.search_runs(["0"], "tags.`tuning.role` = 'study'")
        assert len(parents) == 1, parents
        return Study(self.client, parents[0])


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    stdout: str
    stderr: str

    def printed(self, what: str) -> str:
        """What stands behind `what: ` on stdout."""
        (found,) = (line.partition(": ")[2] for line in self.stdout.splitlines() if line.startswith(f"{what}: "))
        return found


@dataclass(frozen=True)
class Study:
    """A study's runs, as the tracking server has them."""

    client: MlflowClient
    parent: Run
    name: str | None = None  # of one with several parents

    @property
    def children(self) -> list[Run]:
        theirs = f"tags.`mlflow.parentRunId` = '{self.parent.info.run_id}'"
        if self.name is not None:
            theirs = f"tags.`tuning.study` = '{self.name}' AND tags.`tuning.role` != 'study'"
        return list(self.client.search_runs(["0"], theirs, max_results=5000))

    @property
    def trials(self) -> list[Run]:
        """The trials in the order of their numbers; of a study with several parents those that count."""
        trials = [run for run in self.children if run.data.tags.get("tuning.role") == "trial"]
        if self.name is not None:
            trials = [run for run in trials if run.data.tags.get("tuning.state") in ("COMPLETE", "PRUNED", "FAIL")]
        return sorted(trials, key=lambda run: int(run.data.tags["tuning.trial"]))

    def ended(self, state: str) -> list[Run]:
        """The trials that ended in a state."""
        return [run for run in self.trials if run.data.tags.get("tuning.state") == state]

    def essence(self, metric: str) -> list[tuple[int, dict[str, object], list[float]]]:
        """Number, typed hyperparameters and every fold's score of each trial: what has to be the same again."""
        return [
            (
                int(run.data.tags["tuning.trial"]),
                json.loads(run.data.tags["tuning.params"]),
                [m.value for m in self.client.get_metric_history(run.info.run_id, f"fold_{metric}")],
            )
            for run in self.trials
        ]

    def history(self, metric: str) -> list[tuple[int, float]]:
        """A metric of the parent: (step, value)."""
        values = self.client.get_metric_history(self.parent.info.run_id, metric)
        return sorted((m.step, m.value) for m in values)


def outputs(run: Run) -> list[LoggedModelOutput]:
    """The models that a run has logged."""
    return run.outputs.model_outputs if run.outputs else []


def processes_with(variable: str) -> dict[int, str]:
    """Find the processes that were started with `NAME=value` in their environment: their ids and commands."""
    commands = {}
    for pid in proc.with_variable(variable):
        with suppress(OSError):  # gone meanwhile
            commands[pid] = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return commands


def free_port() -> int:
    """Return a port of this host that is free now."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def install(package: str) -> None:
    """Install one of Debian's packages, as root."""
    apt = ["apt-get", "-qq", "-y", "--no-install-recommends"]
    subprocess.run([*apt, "update"], check=False, capture_output=True)
    done = subprocess.run([*apt, "install", package], check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"install Debian's {package} for these tests: {done.stderr[-500:]}"


def copy_project(target: Path) -> Path:
    """Copy what git would commit of this project into a folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def git(folder: Path, *words: str) -> str:
    """Run git as somebody, in a folder."""
    somebody = ["-c", "user.name=Some Body", "-c", "user.email=some@body.example"]
    done = subprocess.run(["git", *somebody, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()
