"""A rule set: one document of business data that people change live, version by version."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Annotated, Any, TypeVar

from pydantic import Field

from domain.events.base import Data
from domain.events.outputs import PolicyRef

#: What databases and JSON can hold everywhere; nobody publishes as often.
VERSION_MAX = 2**31 - 1


class RuleSet(Data):
    """What all rule sets have. A version is never changed, only followed by a higher one.

    Unknown fields are refused: a misspelt one must not be silently without effect.
    """

    model_config = Data.model_config | {"extra": "forbid"}

    id: str
    version: Annotated[int, Field(strict=True, ge=1, le=VERSION_MAX)]
    #: Why this version is as it is, for people.
    note: str = ""

    @property
    def ref(self) -> PolicyRef:
        """As events name it."""
        return PolicyRef(id=self.id, version=self.version)

    def findings(self) -> list[str]:
        """What a person should know before this goes live: it is sound, but is it meant so?"""
        return []


Rules = TypeVar("Rules", bound=RuleSet)


def starting(package: str, model: type[Rules], **more: Any) -> Rules:
    """The starting version, from `data/starting.toml` in the package: call it at start."""
    text = (files(package) / "data" / "starting.toml").read_text("utf-8")
    return model.model_validate({**tomllib.loads(text), **more})
