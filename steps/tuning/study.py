"""One study from start to end: open it, check it, run its trials and its champion, write its record."""

import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from steps import backends
from steps.backends.stage import THIS_STAGE, Stage, get_ready, launcher_of
from steps.backends.warm import warm_backend
from steps.backends.warm.launch import Launcher
from steps.errors import NoTrialFinished, StepError, WrongValue
from steps.names import Variable
from steps.parameters.option import option
from steps.parameters.tune_settings import TuneSettings
from steps.process.signals import Interrupts
from steps.tracking import outage
from steps.tuning import tuned_project, wiring
from steps.tuning.champion import champion as champions
from steps.tuning.champion import registry
from steps.tuning.champion.champion import Champion
from steps.tuning.checks import backend, preflight, ray_cluster
from steps.tuning.checks.git_state import GitState
from steps.tuning.loop import StudyLoop
from steps.tuning.record import identity, leftovers, lock, resume, study_run, warm_start
from steps.tuning.record.warm_start import WarmStart
from steps.tuning.report import dry_run, end_note, next_steps, summary, ui_view
from steps.tuning.report.reporter import Reporter
from steps.tuning.search import stopping
from steps.tuning.search.halving_search import AnySearch
from steps.tuning.study_plan import Describe, StudyPlan, make
from steps.tuning.study_time import StudyTime
from steps.tuning.trials.child_runs import ChildRuns
from steps.tuning.trials.pool import Pool
from steps.tuning.trials.results import StudyResult


@dataclass(frozen=True)
class OpenStudy:
    """A study that this process has opened: its name, its parent run, its settings, its lock.

    `earlier` are the parent runs of its earlier starts, the oldest first.
    """

    name: str
    parent: Run
    settings: TuneSettings
    earlier: Sequence[Run]
    study_lock: lock.StudyLock

    @property
    def run_id(self) -> str:
        """Return the parent run's id."""
        return str(self.parent.info.run_id)

    @property
    def first_run_id(self) -> str:
        """Return the id of the parent run of its first start."""
        return str(self.earlier[0].info.run_id) if self.earlier else self.run_id

    @property
    def experiment_id(self) -> str:
        """Return the id of the experiment that the study is in."""
        return str(self.parent.info.experiment_id)


def open_study(settings: TuneSettings, run_id: str) -> OpenStudy:
    """Lock a study that has a name for this process, and take the settings that are on record.

    Raises WrongValue if another process works on it. A dry run locks nothing.
    """
    parent = MlflowClient().get_run(run_id)
    if not settings.is_named:
        return OpenStudy(settings.study_after(parent.info.run_name), parent, settings, [], lock.StudyLock(run_id))
    study = settings.study
    study_lock = lock.StudyLock(run_id) if settings.dry_run else lock.acquire(study, parent)
    earlier = resume.earlier_parents(parent.info.experiment_id, study, but=run_id)
    return OpenStudy(study, parent, identity.take_from_record(settings, earlier), earlier, study_lock)


def run(opened: OpenStudy, interrupts: Interrupts, launcher: Launcher, describe: Describe, began: float) -> None:
    """Run a study inside its parent run, which gets its record; print its results on stdout.

    `launcher` forks what builds the report, and the children of the warm backend. The study's time counts from `began`,
    when this process began, of `time.monotonic()`.

    Raises WrongValue, before any child starts, if something does not fit; NoTrialFinished; StepError if failures
    ended the study; Interrupted.
    """
    logging.getLogger("mlflow").setLevel(logging.WARNING)  # no line for each launch
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # nor a link for each end
    plan, git_state = _check(opened, describe, interrupts)
    backend.warn(plan.settings, plan.jobs)
    with tempfile.TemporaryDirectory(prefix="tune-") as folder, ExitStack() as stack:
        launcher.prepare(folders=[Path(folder)])
        children = wiring.make_child_runs(plan, opened.name, opened.experiment_id, Path(folder))
        past = _warm_start(plan, children, opened.earlier)
        search = partial(wiring.make_search, plan, list(past.trials.values()))
        if plan.settings.dry_run:
            dry_run.show(plan, children, search, opened.run_id)
            return
        beat = opened.study_lock.heartbeat
        with _released_if_refused(opened, interrupts):
            ready = get_ready(plan.environment, plan.project.shown, Path(folder), interrupts, beat)
            around = THIS_STAGE if plan.project.is_own else stack.enter_context(ready)
            theirs = launcher if plan.project.is_own else stack.enter_context(launcher_of(around))
            around.wait(interrupts, beat)
            _register_backends(plan, around, Path(folder), theirs)
        checkpoints = wiring.make_checkpoints(plan, opened.first_run_id)
        children = replace(children, stage=around, headway=interrupts.headway, checkpoints=checkpoints)
        history = resume.load(opened.experiment_id, opened.name, plan, opened.earlier)
        children.results.attempts.before.update(history.attempts)
        plan = resume.with_all_trials(plan, history, opened.name)
        study_run.write_opening(plan, around, opened.name, opened.parent, past, opened.earlier)
        ui_view.write(plan, opened.experiment_id, opened.name)
        print(f"tune: {next_steps.start(opened.parent, opened.name)}", file=sys.stderr, flush=True)
        if git_state:
            git_state.record(opened.run_id)
        if opened.settings.is_named:
            lock.yield_to_older_run(opened.study_lock, opened.name, opened.parent)
        reporter = Reporter(plan, opened.name, opened.run_id, plan.settings.report, launcher)
        time = StudyTime(plan.settings.timeout_s, began, part=(2 * plan.settings.champion + plan.settings.report) / 3)
        at_last = partial(_prepare_the_end, plan, reporter, launcher)
        result, champion = _run_trials(plan, opened, children, search(), history, interrupts, reporter, at_last, time)
    if result.best:
        print(summary.summary(plan, result, children, champion))
    print(next_steps.text(plan, result, opened.parent, opened.name, opened.settings, champion), flush=True)
    interrupts.check()
    _conclude(plan, result, champion)


def _check(opened: OpenStudy, describe: Describe, interrupts: Interrupts) -> tuple[StudyPlan, GitState | None]:
    """Return the study's plan and the state of the project's git work tree. Raises WrongValue if something is wrong."""
    with _released_if_refused(opened, interrupts):
        project = tuned_project.find(opened.settings, Path(os.environ[Variable.FILES]))
        git_state = preflight.check(opened.settings, project, opened.parent)
        plan = make(opened.settings, project, describe)
        champions.check(plan)
        plan = identity.as_begun(plan, opened.earlier)
        identity.check_same(opened.name, plan, opened.earlier)
    return plan, git_state


@contextmanager
def _released_if_refused(opened: OpenStudy, interrupts: Interrupts) -> Iterator[None]:
    """Unlock a study that can't go on as it is asked for."""
    try:
        yield
    except WrongValue:
        if opened.settings.is_named:  # a refused run is no part of the study
            opened.study_lock.release()
        interrupts.check()  # Ctrl-C ends a git that fetches, too
        raise


def _run_trials(
    plan: StudyPlan,
    opened: OpenStudy,
    children: ChildRuns,
    search: AnySearch,
    history: resume.History,
    interrupts: Interrupts,
    reporter: Reporter,
    at_last: Callable[[], None],
    time: StudyTime,
) -> tuple[StudyResult, Champion | None]:
    """Run the trials, then the champion; when this returns or raises, record and report are complete."""
    places = wiring.make_places(plan, plan.project.folder, children.folder)
    pool = Pool(children, places, plan.settings.trial_timeout_s)
    loop = StudyLoop(plan, search, pool, history, opened.study_lock, interrupts, reporter, time, at_last)
    goes_on = True
    try:
        result = loop.run()
        goes_on = result.stopped_by in stopping.GOES_ON
        leftovers.settle_running(opened.experiment_id, opened.name)
        study_run.write_end(result, children, opened.run_id)
        end_note.write(plan, result, None, opened.run_id)
        reporter.stand_by()  # if it has not been told to yet
        with outage.raised_as_server_lost(opened.name):
            rerun = wiring.make_rerun(plan, children, places, interrupts, opened.study_lock, history)
            champion = champions.run_champion(plan, result, rerun, time.for_importances(reporter.took))
        if champion:
            champions.record(plan, champion, opened.run_id)
            end_note.write(plan, result, champion, opened.run_id)
        reporter.finish(interrupts, final=True)
    except NoTrialFinished as error:
        goes_on = False
        end_note.write_failure(error, opened.run_id)
        reporter.finish(interrupts, final=False)
        raise
    finally:
        if left := children.checkpoints.close(goes_on=goes_on or interrupts.noted):
            print(f"tune: {left}", file=sys.stderr)
        places.close()
        reporter.end()
    return result, champion


def _prepare_the_end(plan: StudyPlan, reporter: Reporter, launcher: Launcher) -> None:
    """Have imported, beside the last trials, what the champion and the report need."""
    reporter.stand_by()
    if plan.entry.runs_train and plan.settings.champion and plan.settings.backend == backends.WARM:
        launcher.prepare([("steps.training.run:import_for_refit", {})])


def _conclude(plan: StudyPlan, result: StudyResult, champion: Champion | None) -> None:
    """Register the champion.

    Raises NoTrialFinished if every trial breaks a constraint, StepError if the champion failed, or if failures ended
    the study.
    """
    if result.none_feasible:
        raise NoTrialFinished(result.none_feasible)
    if champion and champion.run and plan.settings.register is not None:
        print(registry.register(plan.settings.register, champion.run, registry.judged_by(plan)))
    if champion and champion.failure:
        raise StepError(f"the champion, {champion.name} run once more, failed: {champion.failure}")
    if result.why_failed:
        raise StepError(f"stopped: {result.why_failed}; with a higher {option('max_failures')} it goes on")


def _register_backends(plan: StudyPlan, around: Stage, folder: Path, launcher: Launcher) -> None:
    """Make this project's backends known to MLflow."""
    project, settings = plan.project, plan.settings
    fetched = {(project.uri, project.version): project.folder} if project.is_fetched else {}
    warm_backend.register(folder, launcher, fetched, around.variables)
    if settings.backend == backends.RAY:
        from steps.backends.ray import ray_backend  # Ray is optional

        preload = ray_cluster.preload(settings, project, around.manager)
        ray_backend.register(folder, ray_cluster.trial_resources(settings), preload, fetched, around.variables)


def _warm_start(plan: StudyPlan, children: ChildRuns, earlier: Sequence[Run]) -> WarmStart:
    """Find the runs that the search knows from its start; of a study that goes on, those on record."""
    if plan.settings.warm_start is None:
        return WarmStart()
    recorded = warm_start.recorded_run_ids(earlier[0].info.run_id) if earlier else None
    past = warm_start.collect(plan, children.steps if plan.prunes else None, recorded)
    print(f"tune: {option('warm_start', plan.settings.warm_start)}: {past.text()}", file=sys.stderr)
    return past
