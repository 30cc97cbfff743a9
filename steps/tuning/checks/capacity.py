"""How many places a study has, and what each of them has to itself: devices, and its line of the places file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from steps import backends
from steps.errors import WrongValue
from steps.names import Variable
from steps.parameters.option import option
from steps.parameters.tune_settings import TuneSettings
from steps.tuning.checks import backend, devices, places_file, ray_cluster
from steps.tuning.checks.gpu_tools import KINDS

# Backends whose trials are given devices by this process.
_HERE = (backends.WARM, "local")


@dataclass(frozen=True)
class Belongings:
    """What is a place's own throughout a study: variables, and those of the devices among them, by name."""

    variables: Mapping[str, str] = field(default_factory=dict)
    devices: Sequence[str] = ()

    def text(self) -> str:
        """Name it for people: the devices, and the other variables without their values, which may be secrets."""
        others = [name for name in self.variables if name not in (*KINDS, Variable.CUDA_ORDER)]
        return "; ".join([*([f"device {', '.join(self.devices)}"] if self.devices else []), *others])


@dataclass(frozen=True)
class Capacity:
    """The places of a study, one for each trial that runs at a time; `device` is what frameworks call their devices."""

    places: Sequence[Belongings]
    device: str | None = None


def find(settings: TuneSettings) -> Capacity:
    """Count a study's places and say what each has. Raises WrongValue if there are not enough devices or lines.

    If `jobs` is auto, there are as many as devices suffice for, without `gpus` as the machine or the cluster holds
    trials; and not more than the places file has lines.
    """
    _check(settings)
    lines = None if settings.places is None else places_file.read(settings.places)
    shown, divided, device = None, None, None
    if settings.gpus and settings.backend == backends.RAY:
        device = "cuda"
    elif settings.gpus:
        shown = devices.take(settings)
        divided, device = devices.divide(shown.names, settings.gpus), shown.kind
        if settings.places is not None and lines is not None:
            places_file.refuse_devices(lines, settings.places, KINDS)
    jobs = _jobs(settings, None if divided is None else len(divided), None if lines is None else len(lines))
    own = [dict(line) for line in (lines or [{}] * jobs)[:jobs]]
    if shown is None or divided is None:
        return Capacity([Belongings(variables) for variables in own], device)
    return Capacity(
        [Belongings({**own[n], **shown.showing(divided[n])}, divided[n]) for n in range(jobs)],
        device,
    )


def _check(settings: TuneSettings) -> None:
    """Raise WrongValue for settings that don't go together."""
    problems = []
    if settings.devices != "auto" and not settings.gpus:
        problems.append(
            f"{option('devices', settings.devices)}: no trial is given them with {option('gpus', 0)}; give "
            f"{option('gpus', 1)} too"
        )
    elif settings.devices != "auto" and settings.backend == backends.RAY:
        problems.append(
            f"{option('devices', settings.devices)}: must be auto with {option('backend', 'ray')}, which has its own "
            "on each node"
        )
    if settings.gpus and settings.backend not in (*_HERE, backends.RAY):
        problems.append(
            f"{option('gpus', settings.gpus)}: must be 0 with {option('backend', settings.backend)}, which places "
            f"trials by its own configuration (see {option('backend_config')})"
        )
    if problems:
        raise WrongValue(*problems)


def _jobs(settings: TuneSettings, by_devices: int | None, by_lines: int | None) -> int:
    """Return how many trials run at a time."""
    if settings.jobs == "auto":
        if by_devices is None:
            by_devices = ray_cluster.jobs(settings) if settings.backend == backends.RAY else backend.jobs(settings)
        return by_devices if by_lines is None else min(by_devices, by_lines)
    problems = []
    if by_devices is not None and settings.jobs > by_devices:
        problems.append(
            f"{option('jobs', settings.jobs)}: more than the {by_devices} for which the devices suffice with "
            f"{option('gpus', settings.gpus)}; give fewer jobs, or a share of a GPU to each, such as "
            f"{option('gpus', 0.5)}"
        )
    if by_lines is not None and settings.jobs > by_lines:
        problems.append(
            f"{option('jobs', settings.jobs)}: more than {option('places', settings.places)} has lines, {by_lines}; "
            "give fewer jobs, or a line for each"
        )
    if problems:
        raise WrongValue(*problems)
    if settings.backend == backends.RAY:
        ray_cluster.jobs(settings)  # says if no node holds a trial
    return settings.jobs
