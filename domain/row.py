"""What every part of a row of the stateful tables is made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Row(BaseModel):
    """Part of a row: frozen; fields of a newer version are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")
