"""Tags of languages as keys of texts: BCP 47, in lower case, as readers' tags are looked up."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator

from domain.events.base import Language

_Words = TypeVar("_Words")
Tag = Annotated[Language, AfterValidator(str.lower)]


def _without_twins(value: Any) -> Any:
    """`nl-BE` beside `nl-be` would be one language with two texts."""
    if isinstance(value, dict) and len({str(tag).lower() for tag in value}) < len(value):
        raise ValueError("the same language stands there twice, in capital and small letters")
    return value


ByTag = Annotated[dict[Tag, _Words], BeforeValidator(_without_twins)]
