"""Kill a real study at random moments and start it again until it is done; then hold it to an undisturbed one.

python -m tests.chaos.harness [rounds] [seed]
"""

import os
import random
import shutil
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from mlflow.tracking import MlflowClient

from tests.e2e.server import Server
from tests.e2e.tools import Place, until
from tests.host import ROOT

STUDY = "chaos"
TRIALS = 16
# Short trials whose scores differ; TPE's own draws are among them. A trial may be hit more than once.
PARAMETERS: dict[str, Any] = {
    "data": "digits", "folds": 1, "space": "knn", "n_trials": TRIALS, "jobs": 2, "study": STUDY, "retries": 9,
    "champion": "true", "report": "true",
}  # fmt: skip
# Somebody else's project, in every third round; its champion is the best trial itself.
PIPELINE = ROOT / "examples" / "pipeline"
ANOTHER: dict[str, Any] = {
    "project": PIPELINE, "space": PIPELINE / "space.yaml", "objective": "accuracy", "direction": "maximize",
    "n_trials": TRIALS, "jobs": 2, "study": STUDY, "retries": 9, "champion": "true", "report": "true",
}  # fmt: skip
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
# How long after a study has named itself it is disturbed at the latest, and how often it is its server that is.
SERVER_SHARE = 0.4
LATEST_S = 4.0
GONE_S = 10.0
Essence = list[tuple[int, dict[str, object], list[float]]]


def is_another(seed: int) -> bool:
    """Tell whether a seed's study is of another project."""
    return seed % 3 == 2


def undisturbed(place: Place, seed: int) -> Essence:
    """Run the study of a seed in peace; return what the disturbed ones have to be."""
    place.run(_command(place, seed), cwd=ROOT, check=True)
    return _essence(place, seed)


def _command(place: Place, seed: int) -> list[str]:
    return place.step_command("steps.tune", **(ANOTHER if is_another(seed) else PARAMETERS))


def _essence(place: Place, seed: int) -> Essence:
    """Return what has to be the same: of another project's trials, which have no folds, the one score."""
    study = place.named(STUDY)
    if not is_another(seed):
        return study.essence("accuracy")
    return [
        (number, params, [run.data.metrics["accuracy"]])
        for (number, params, _), run in zip(study.essence("accuracy"), study.trials, strict=True)
    ]


def disturbed(place: Place, seed: int, kills: int = 3) -> list[str]:
    """Run the study, `kills` times killing a member of its process tree; return what was done to it.

    Every third seed's study is on a tracking server, which is one more that may be killed; it is started again.
    """
    chance = random.Random(seed)
    server = Server(place) if seed % 3 == 0 else None
    try:
        if server is not None:
            server.start()
        done = [_disturb(place, chance, server, seed) for _ in range(kills)]
        place.run(_command(place, seed), cwd=ROOT, check=True)
    finally:
        if server is not None:
            server.kill()
    return done


def _disturb(place: Place, chance: random.Random, server: Server | None, seed: int) -> str:
    before = _parents(place)
    process = place.start(_command(place, seed), cwd=ROOT)
    until(lambda: _parents(place) > before or process.poll() is not None, 120, "a study that has named itself")
    time.sleep(chance.uniform(0, LATEST_S))  # the random moment: nothing is waited for
    number = chance.choice(SIGNALS)
    if server is not None and chance.random() < SERVER_SHARE:
        server.kill()
        time.sleep(chance.uniform(0, LATEST_S))  # the outage
        server.start()
        process.wait(timeout=600)
        place.all_gone(GONE_S)
        return "SIGKILL to the tracking server"
    victims = sorted(place.processes().items())
    pid, name = chance.choice(victims) if victims else (0, "nobody: it was done")
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
    process.wait(timeout=600)
    place.all_gone(GONE_S)
    return f"{number.name} to {name[:80]}"


def _parents(place: Place) -> int:
    known = f"tags.`tuning.study` = '{STUDY}' AND tags.`tuning.role` = 'study'"
    return len(MlflowClient(place.uri).search_runs(["0"], known))


def check(place: Place, expected: Essence, seed: int) -> None:
    """Assert that a study is what an undisturbed one is, and that nothing of it is left: no process, no file."""
    study = place.named(STUDY)
    assert [int(run.data.tags["tuning.trial"]) for run in study.trials] == list(range(TRIALS))
    assert {run.data.tags["tuning.state"] for run in study.trials} == {"COMPLETE"}
    assert _essence(place, seed) == expected
    for run in study.trials:
        if before := run.data.tags.get("tuning.retry_of"):
            assert place.client.get_run(before).data.tags["tuning.params"] == run.data.tags["tuning.params"]
    assert study.parent.info.status == "FINISHED"
    assert study.parent.data.metrics["trials_complete"] == TRIALS
    metric, role = ("accuracy", "trial") if is_another(seed) else ("cv_accuracy", "champion")
    assert len(study.history(f"best_{metric}")) == TRIALS
    champion = place.client.get_run(study.parent.data.tags["tuning.champion"])
    assert (champion.data.tags["tuning.role"], champion.info.status) == (role, "FINISHED")
    assert champion.data.metrics[metric] == study.parent.data.metrics[f"best_{metric}"]
    files = {file.path for file in place.client.list_artifacts(study.parent.info.run_id)}
    assert {"report.html", "trials.csv", "best.yaml", "study.db"} <= files
    runs = place.client.search_runs(["0"], max_results=5000)
    assert [run.data.tags for run in runs if run.info.status in ("RUNNING", "SCHEDULED")] == []
    assert place.processes() == {}
    assert list((place.folder / "tmp").iterdir()) == []


def main(rounds: int = 1, seed: int = 0) -> int:
    """Run rounds with the seeds `seed`, `seed + 1`, …; say how each went; return how many failed."""
    failed, expected = 0, {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        MlflowClient(f"sqlite:///{folder}/mlflow.db").search_experiments()  # the tables are made once
        for number in range(seed, seed + rounds):
            kind = is_another(number)
            if kind not in expected:
                expected[kind] = undisturbed(_place(folder, f"undisturbed-{number}"), number)
            place = _place(folder, str(number))
            try:
                done = disturbed(place, number)
                check(place, expected[kind], number)
                print(f"seed {number}: passed: {'; '.join(done)}", flush=True)
            except AssertionError as error:
                failed += 1
                print(f"seed {number}: FAILED: {error}", flush=True)
            finally:
                for pid in place.processes():
                    os.kill(pid, signal.SIGKILL)
    return failed


def _place(folder: Path, name: str) -> Place:
    (folder / name).mkdir()
    shutil.copy(folder / "mlflow.db", folder / name / "mlflow.db")
    return Place(folder / name)


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
