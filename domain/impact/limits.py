"""The bounds and thresholds of the count, from their data file."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Annotated

from pydantic import Field

from domain.events.base import Data

_Percent = Annotated[int, Field(ge=1, le=100)]


class ImpactLimits(Data):
    """See `data/limits.toml` for what each means."""

    source: str
    sample_max: Annotated[int, Field(ge=1)]
    seconds_max: Annotated[int, Field(ge=1, le=300)]
    horizon_days: Annotated[int, Field(ge=1, le=60)]
    steps_max: Annotated[int, Field(ge=1, le=1000)]
    held_min: Annotated[int, Field(ge=1)]
    everybody_percent: _Percent
    confirm_percent: _Percent


def load_impact_limits() -> ImpactLimits:
    """Reads the data file: call it at start."""
    text = (files("domain.impact") / "data" / "limits.toml").read_text("utf-8")
    return ImpactLimits.model_validate(tomllib.loads(text))
