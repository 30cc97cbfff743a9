"""The places of a study, `jobs` of them: each child that runs has one, and with it what it must not share."""

import math
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from steps.errors import StepError
from steps.names import Variable
from steps.process import ports
from steps.process.ports import ReservedPort
from steps.project.snapshot import Snapshot
from steps.project.working_folder import WorkingFolder

# So long a folder stays in order; after that, something that cleans temporary folders may have come.
_SURE_S = 10.0


@dataclass
class Place:
    """What a child has to itself as long as it runs, beside what all have.

    `given` are the variables that are the place's own throughout the study, and `device` names the devices that they
    show. A place on this machine `has_port`; a child on another one gets its port there. With a `snapshot` each child
    starts in a `folder` in `area`, which has the project and nothing else.
    """

    number: int
    given: Mapping[str, str] = field(default_factory=dict)
    device: str = ""
    has_port: bool = True
    snapshot: Snapshot | None = None
    area: Path = Path()
    _working: WorkingFolder | None = None
    _cleared: float = -math.inf  # when the folder was put in order after a child
    _count: int = 0
    _port: ReservedPort | None = None

    def prepare(self) -> None:
        """Make the place ready for a child: a port that is free at this moment, a folder without traces of others."""
        if self.has_port and (self._port is None or not self._port.is_free()):
            self._close_port()
            self._port = ports.reserve()
        if self.snapshot is not None:
            try:
                self._prepare_folder(self.snapshot)
            except OSError as error:
                raise StepError(
                    f"the working folder of a trial can't be made: {error}; TMPDIR says where there is room for it"
                ) from error

    def _prepare_folder(self, snapshot: Snapshot) -> None:
        """Have a folder whose path no other child has had: nobody takes it for another's."""
        self._count += 1
        path = self.area / f"place-{self.number}" / str(self._count)
        if self._working is None:
            path.parent.mkdir(parents=True)
            self._working = WorkingFolder(snapshot, path)
        self._working.move(path)
        if time.monotonic() - self._cleared > _SURE_S or not self._working.project.is_dir():
            self._working.restore()

    @property
    def variables(self) -> dict[str, str]:
        """Return the variables of a child at this place, which has been prepared."""
        port = {} if self._port is None else {Variable.PORT: str(self._port.number)}
        return {**port, **self.given}

    @property
    def folder(self) -> Path | None:
        """Return the folder in which a child starts; None if it is the project's."""
        return None if self._working is None else self._working.project

    def clear(self) -> None:
        """Remove what the child that was here has written."""
        if self._working is not None:
            self._cleared = -math.inf
            with suppress(OSError):  # else it is done when the next child comes
                self._working.restore()
                self._cleared = time.monotonic()

    def close(self) -> None:
        """Give up what the place has."""
        self._close_port()
        if self._working is not None:
            self._working.remove()
            self._working = None

    def _close_port(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None


class Places:
    """The places of a study; `free` are those without a child."""

    def __init__(self, places: Iterable[Place]):
        self._all = list(places)
        self.free = list(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def take(self) -> Place | None:
        """Take the free place of the lowest number; None if there is none."""
        place = min(self.free, key=lambda place: place.number, default=None)
        if place is not None:
            self.free.remove(place)
        return place

    def give_back(self, place: Place) -> None:
        """Make a place free again: the child that had it, and all that that started, has ended."""
        place.clear()
        self.free.append(place)

    def close(self) -> None:
        """Give up what all places hold."""
        for place in self._all:
            place.close()
