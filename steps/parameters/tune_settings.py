"""The parameters of `tune`, all of them; each is declared in the module of its subject. Add one there."""

from dataclasses import dataclass
from typing import Any

from steps.parameters.outcome_settings import OutcomeSettings
from steps.parameters.search_settings import JudgingSettings, SearchSettings
from steps.parameters.settings import SHARED, SharedSettings, TrainSettings
from steps.parameters.trial_settings import PlaceSettings, TrialSettings
from steps.parameters.tuned_settings import GivenSettings, TunedSettings


# The fields of the last base come first.
@dataclass(frozen=True, kw_only=True)
class TuneSettings(
    OutcomeSettings, SearchSettings, PlaceSettings, TrialSettings, JudgingSettings, TunedSettings, GivenSettings
):
    """The parameters of `tune`. A shared setting that is not `auto` was given, on the command line or by the record."""

    @property
    def is_named(self) -> bool:
        """Tell whether the study has a name, under which it can be resumed."""
        return self.study != "auto"

    @property
    def tunes_this_project(self) -> bool:
        """Tell whether the entry point is one of this project's, and not of another one."""
        return self.project == "auto"

    @property
    def given(self) -> dict[str, Any]:
        """Return the shared settings that were given, by name."""
        return {name: value for name in SHARED if (value := getattr(self, name)) != "auto"}

    @property
    def shared(self) -> SharedSettings:
        """Return the shared settings as `train` and the study itself take them: not given, by their defaults."""
        return SharedSettings(**self.given)

    def for_training(self) -> TrainSettings:
        """Return what each trial of `train` is given, beside its hyperparameters."""
        return TrainSettings(**self.given)
