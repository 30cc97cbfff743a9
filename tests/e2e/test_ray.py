"""A study on a real Ray cluster of two nodes, with a tracking server on PostgreSQL."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import Run

from steps.names import Metric
from tests.e2e import postgres
from tests.e2e.cluster import HEAD, OTHER, PORT, TOKEN, Cluster, environment
from tests.e2e.network import own_network
from tests.e2e.postgres import Postgres
from tests.e2e.server import Server
from tests.e2e.side_by_side import BUFFERED, run_cases, same_end, with_scripts
from tests.e2e.test_checkpoints import by_trial, loss_of
from tests.e2e.test_whole_process import CASES
from tests.e2e.tools import Place, Study
from tests.host import ROOT
from tests.waits import promised, until

pytestmark = pytest.mark.e2e

# Trials of about a second, so that they can be met while they run; some are pruned.
STUDY: dict[str, Any] = {
    "data": "digits", "folds": 5, "space": "{folder}/space.yaml", "n_trials": 12, "window": 4, "sampler": "tpe",
    "pruner": "median:warmup=0", "retries": 9,
}  # fmt: skip
# Another project, which has an environment of its own.
DIGITS = ROOT / "examples" / "digits"
OF_DIGITS: dict[str, Any] = {
    "project": DIGITS, "space": DIGITS / "space.yaml", "objective": "val_loss", "direction": "minimize",
    "pruner": "median", "n_trials": 4, "env_manager": "uv",
}  # fmt: skip
SPACE = "n_estimators: {type: int, low: 10, high: 40}\nmax_depth: {type: int, low: 1, high: 12}\n"
REACHES_S = 2.0
MESSY = ROOT / "tests" / "samples" / "messy.csv"


@pytest.fixture(scope="module")
def of_digits(new_place: Callable[..., Place], environments: dict[str, str]) -> Study:
    """A study of another project as it is on one machine, on the warm backend."""
    place = new_place(extra=dict(environments))
    place.step("steps.tune", check=True, study="of digits", **OF_DIGITS)
    return place.named("of digits")


@pytest.fixture(scope="module")
def cluster(new_place: Callable[..., Place], environments: dict[str, str], of_digits: Study) -> Iterator[Cluster]:
    """The cluster, in a network of its own, in which this thread stays meanwhile."""
    if os.getuid() != 0:
        pytest.skip("a network of its own needs root")
    postgres.programs()  # what has to be fetched is fetched before, as the environment of `of_digits` has been
    made = Cluster(environment(), new_place(extra=dict(environments)))
    made.place.extra["DISTURBED"] = str(made.place.folder)  # see tests/samples/checkpointed.py
    with own_network(), ExitStack() as ends:
        ends.callback(made.stop)
        made.start()
        yield made


@pytest.fixture(scope="module")
def server(cluster: Cluster, new_place: Callable[..., Place], environments: dict[str, str]) -> Iterator[Server]:
    """A tracking server on PostgreSQL, through which the artifacts go."""
    database = Postgres()
    try:
        database.start()
        place = new_place(python=str(cluster.python), host=None, extra=TOKEN | environments)
        (place.folder / "ray.json").write_text(json.dumps({"address": f"{HEAD}:{PORT}"}))
        (place.folder / "space.yaml").write_text(SPACE)
        made = Server(place, store=database.uri)
        made.start()
        yield made
        made.kill()
    finally:
        database.stop()


@pytest.fixture
def place(server: Server) -> Place:
    """Where the studies are."""
    return server.place


@pytest.fixture(scope="module")
def local(new_place: Callable[..., Place]) -> Study:
    """The study as it is on one machine, on the warm backend."""
    place = new_place()
    (place.folder / "space.yaml").write_text(SPACE)
    place.step("steps.tune", check=True, **_given(place, study="local"))
    return place.named("local")


def _given(place: Place, **more: object) -> dict[str, Any]:
    return {**STUDY, "space": f"{place.folder}/space.yaml", **more}


def on_cluster(place: Place, study: str, **more: object) -> list[str]:
    """The command that runs the study on the cluster."""
    words = {"study": study, "backend": "ray", "backend_config": place.folder / "ray.json", **more}
    return place.step_command("steps.tune", **_given(place, **words))


def essence(study: Study) -> list[tuple[object, ...]]:
    """What does not depend on where the trials ran: hyperparameters, state, what the pruner saw, the scores."""
    return [
        (
            number,
            params,
            run.data.tags["tuning.state"],
            run.data.tags.get("tuning.reported"),
            scores
            if run.data.tags["tuning.state"] == "COMPLETE"
            else None,  # of a pruned one, as many as it had time for
        )
        for (number, params, scores), run in zip(study.essence("accuracy"), study.trials, strict=True)
    ]


def test_a_study_on_two_nodes_is_the_local_one(cluster: Cluster, place: Place, local: Study) -> None:
    """Both nodes have trials, and every trial is the one that a single machine has: points, scores, what was pruned.

    What a trial costs is on its run, whether it ended by itself or was pruned.
    """
    done = place.run(on_cluster(place, "plain"), cwd=ROOT, check=True)
    study = place.named("plain")
    assert essence(study) == essence(local)
    assert {run.data.tags["tuning.state"] for run in study.trials} == {"COMPLETE", "PRUNED"}
    assert {run.data.tags["tuning.node"] for run in study.children} == {HEAD, OTHER}
    assert {run.data.tags["mlflow.project.backend"] for run in study.trials} == {"ray"}
    lacking = [run.data.tags for run in study.trials if not set(Metric.COSTS) <= run.data.metrics.keys()]
    assert lacking == []
    assert json.loads(study.parent.data.tags["tuning.settings"])["jobs"] == 2  # what two nodes hold
    assert "window" not in done.stderr
    written = json.dumps([dict(run.data.tags) | run.data.params for run in [study.parent, *study.children]])
    assert TOKEN["RAY_AUTH_TOKEN"] not in written


@pytest.mark.slow
def test_a_table_of_text_is_scored_as_on_one_machine(place: Place, new_place: Callable[..., Place]) -> None:
    """Each worker prepares its folds once for itself, with the same scores to the last bit."""
    text = {"data": MESSY, "drop": "patient", "folds": 2, "space": "linear", "n_trials": 6, "sampler": "random"}
    alone = new_place()
    alone.step("steps.tune", check=True, **text, study="text")
    words = {"study": "text", "backend": "ray", "backend_config": place.folder / "ray.json"}
    place.run(place.step_command("steps.tune", **text, **words), cwd=ROOT, check=True)
    assert place.named("text").essence("accuracy") == alone.named("text").essence("accuracy")


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_an_end_reaches_the_trials(cluster: Cluster, place: Place, local: Study, number: signal.Signals) -> None:
    """Ctrl-C ends the trials on the nodes within 2 s, a killed tuner leaves none; resumed, the study lacks nothing."""
    name = f"ended by {number.name}"
    process = place.start(on_cluster(place, name), cwd=ROOT)
    until(lambda: len(cluster.trials()) == 2, 300, f"two trials: {(place.folder / 'output.txt').read_text()}")
    os.kill(process.pid, number)
    with promised(REACHES_S + (number == signal.SIGKILL)):
        until(lambda: not cluster.trials(), 120, "the trials' end")
    assert process.wait(timeout=120) == (130 if number == signal.SIGINT else -signal.SIGKILL)
    place.all_gone()
    if number == signal.SIGINT:
        assert [run for run in place.named(name).children if run.info.status == "RUNNING"] == []
    place.run(on_cluster(place, name), cwd=ROOT, check=True)
    assert essence(place.named(name)) == essence(local)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_study_moves_to_the_cluster_and_back(
    cluster: Cluster, place: Place, local: Study, number: signal.Signals
) -> None:
    """Begun on one machine and gone on with on the nodes, it ends on the machine: the study of one machine alone."""
    name = f"moves by {number.name}"
    on_machine = place.step_command("steps.tune", **_given(place, study=name))
    for words, ended in ((on_machine, 3), (on_cluster(place, name), 7)):
        tuner = place.start(words, cwd=ROOT)
        until(lambda ended=ended: has_ended(place, name, ended), 600, f"the end of {ended} trials")  # type: ignore[misc]
        os.kill(tuner.pid, number)
        assert tuner.wait(timeout=120) in (130, -signal.SIGKILL)
        place.all_gone()
    place.run(on_machine, cwd=ROOT, check=True)
    study = place.named(name)
    assert essence(study) == essence(local)
    backends = [run.data.tags["mlflow.project.backend"] for run in study.trials]
    assert (backends[0], backends[-1]) == ("warm", "warm")
    assert "ray" in backends


def has_ended(place: Place, study: str, count: int) -> bool:
    """Whether so many of its trials have ended: each has a state then, and the study may not be there yet."""
    with suppress(ValueError, IndexError):
        return sum("tuning.state" in run.data.tags for run in place.named(study).children) >= count
    return False


@pytest.mark.slow
def test_somebodys_own_script_is_a_whole_process(
    cluster: Cluster, place: Place, new_place: Callable[..., Place], tmp_path: Path
) -> None:
    """On a node each trial ends as in an interpreter of its own, with the same metrics."""
    project = with_scripts(tmp_path)
    local = run_cases(project, new_place(project=project, extra=BUFFERED), CASES, backend="local")
    on_nodes = {"backend": "ray", "backend_config": place.folder / "ray.json", "study": "whole"}
    ray = run_cases(project, place, CASES, **on_nodes)
    for name, case in CASES.items():
        same_end(name, case, local, ray)
    assert {run.data.tags["tuning.node"] for run in ray.runs.values()} == {HEAD, OTHER}


@pytest.mark.slow
def test_another_project_is_carried_to_the_nodes(cluster: Cluster, place: Place, of_digits: Study) -> None:
    """Its trials run there, in its own environment: the study is the one of a single machine."""
    words = {"study": "of digits", "backend": "ray", "backend_config": place.folder / "ray.json", **OF_DIGITS}
    place.run(place.step_command("steps.tune", **words), cwd=ROOT, check=True)
    study = place.named("of digits")
    assert recorded(study) == recorded(of_digits)
    assert {run.data.tags["tuning.node"] for run in study.children} == {HEAD, OTHER}
    assert {run.data.tags["mlflow.project.env"] for run in study.trials} == {"uv"}


def recorded(study: Study) -> list[list[str | None]]:
    names = ("tuning.params", "tuning.state", "tuning.pruned_at", "tuning.reported")
    return [[run.data.tags.get(name) for name in names] for run in study.trials]


@pytest.mark.slow
def test_a_time_limit_reaches_the_trials(cluster: Cluster, place: Place) -> None:
    """A trial that takes too long, from its own start on, ends within 2 s of its limit, and has failed by it."""
    space = place.folder / "slow.yaml"
    space.write_text("n_estimators: {type: int, low: 5000, high: 6000}\n")
    limits = {"n_trials": 2, "trial_timeout_s": 1, "pruner": "none", "space": space}
    done = place.run(on_cluster(place, "slow", **limits), cwd=ROOT, check=False)
    assert done.code == 3, done.stderr
    for run in place.named("slow").trials:
        assert run.data.tags["tuning.reason"].startswith("timeout: ")
        assert run.data.tags["tuning.node"] in (HEAD, OTHER)
    assert cluster.trials() == []


@pytest.mark.slow
def test_what_dies_costs_what_ran_there(cluster: Cluster, place: Place, local: Study) -> None:
    """A killed worker, a silent node, a killed one: their trials are run again, no other; the study is the same."""
    process = place.start(on_cluster(place, "struck"), cwd=ROOT)
    until(cluster.workers, 120, "a trial")
    os.kill(cluster.workers()[0], signal.SIGKILL)
    lost = 1
    for number in (signal.SIGSTOP, signal.SIGKILL):
        until(lambda: set(cluster.trials()) & set(cluster.of_node(OTHER)), 120, "a trial on the second node")
        node, before = cluster.of_node(OTHER), len(retried(place))
        lost += len(set(cluster.trials()) & set(node))
        for pid in node:
            os.kill(pid, number)
        until(lambda: len(retried(place)) > before, 300, "a trial that is run again")  # noqa: B023 - within this round
        for pid in node:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        cluster.join()
    assert process.wait(timeout=600) == 0, (place.folder / "output.txt").read_text()
    study = place.named("struck")
    assert essence(study) == essence(local)
    assert len(retried(place)) <= lost
    assert all(run.data.tags["tuning.reason"].startswith("lost: ") for run in retried(place))
    assert [run for run in study.children if run.info.status == "RUNNING"] == []


def retried(place: Place) -> list[Run]:
    """The runs of trials that were lost, and run again."""
    return [run for run in place.named("struck").children if run.data.tags.get("tuning.state") == "RETRIED"]


@pytest.mark.slow
def test_a_trial_goes_on_on_another_machine(cluster: Cluster, place: Place) -> None:
    """Its process dies at epoch 7, or its node: the next attempt, on a new node, goes on from `checkpoint_dir`."""
    on_other = {"address": f"{HEAD}:{PORT}", "resources": {f"node:{OTHER}": 0.01}}  # Ray's own resource of each node
    (place.folder / "other.json").write_text(json.dumps(on_other))
    how = {
        "entry_point": "tests/samples/checkpointed.py", "space": "lr=log(1e-3,1e-1)", "objective": "loss",
        "direction": "minimize", "n_trials": 2, "baseline": "false", "study": "checkpoints", "backend": "ray",
        "backend_config": place.folder / "other.json", "checkpoint_dir": place.folder / "shared",
    }  # fmt: skip
    process = place.start(place.step_command("steps.tune", **how), cwd=ROOT)
    until((cluster.place.folder / "waits").exists, 300, "trial 1 at epoch 7")
    for pid in cluster.of_node(OTHER):
        os.kill(pid, signal.SIGKILL)
    cluster.join()
    assert process.wait(timeout=600) == 0, (place.folder / "output.txt").read_text()
    study = place.named("checkpoints")
    began = [run for run in study.children if "began" in run.data.metrics]  # one may have been sent to the dead node
    assert by_trial(began) == {"trial 000": [0, 7], "trial 001": [0, 7]}
    assert {run.data.tags["tuning.node"] for run in began} == {OTHER}
    for run in study.trials:
        assert run.data.metrics["loss"] == loss_of(float(run.data.params["lr"]))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "part"),
    [
        ({"address": "127.0.0.2:1"}, "no cluster answers there"),
        ({"address": f"{HEAD}:{PORT}", "cpus": 99}, "no node of the cluster holds a trial, which takes CPU 99"),
    ],
)
def test_a_cluster_that_does_not_fit_is_told(place: Place, cluster: Cluster, config: dict[str, Any], part: str) -> None:
    """No cluster where it should be, or none with a node that is large enough: one line, code 2, before any child."""
    (place.folder / "wrong.json").write_text(json.dumps(config))
    words = on_cluster(place, "wrong", backend_config=place.folder / "wrong.json")
    done = place.run(words, cwd=ROOT, check=False)
    assert done.code == 2
    assert part in done.stderr
