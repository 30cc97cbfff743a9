"""The places of a study, `jobs` of them: each child that runs has one, and with it what it must not share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from steps.errors import StepError
from steps.names import Variable
from steps.process import ports
from steps.process.ports import ReservedPort
from steps.project import working_folder
from steps.project.working_folder import Snapshot


@dataclass
class Place:
    """What a child has to itself as long as it runs, beside what all have.

    `given` are the variables that are the place's own throughout the study, and `device` names the devices that they
    show. A place on this machine `has_port`; a child on another one gets its port there. With a `snapshot` each child
    starts in a fresh folder in `area`, which has the project: it is `folder` while there is a child.
    """

    number: int
    given: Mapping[str, str] = field(default_factory=dict)
    device: str = ""
    has_port: bool = True
    snapshot: Snapshot | None = None
    area: Path = Path()
    folder: Path | None = None
    _port: ReservedPort | None = None
    _count: int = 0

    def prepare(self) -> None:
        """Make the place ready for a child: a port that is free at this moment, a fresh folder."""
        if self.has_port and (self._port is None or not self._port.is_free()):
            self.close()
            self._port = ports.reserve()
        if self.snapshot is not None:
            self._count += 1
            try:
                self.folder = self.snapshot.write(self._made)
            except OSError as error:
                raise StepError(
                    f"the working folder of a trial can't be made: {error}; TMPDIR says where there is room for it"
                ) from error

    @property
    def variables(self) -> dict[str, str]:
        """Return the variables of a child at this place, which has been prepared."""
        port = {} if self._port is None else {Variable.PORT: str(self._port.number)}
        return {**port, **self.given}

    @property
    def _made(self) -> Path:
        return self.area / f"place-{self.number}" / str(self._count)

    def clear(self) -> None:
        """Remove the folder of the child that was here."""
        if self.folder is not None:
            working_folder.remove(self._made)
            self.folder = None

    def close(self) -> None:
        """Give up the place's port."""
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
            place.clear()
            place.close()
