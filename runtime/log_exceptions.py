"""Exceptions as data for logs: type, message and place of each, without what they quote."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import ValidationError

_EXCEPTIONS_MAX = 8
_FRAMES_MAX = 25
_MESSAGE_MAX = 500
_PROBLEMS_MAX = 5


def describe(error: BaseException | None, scrub: Callable[[str], str]) -> list[dict[str, Any]]:
    """`error`, the members of its groups and what caused them, at most eight; messages scrubbed."""
    found = []
    for one in _all_of(error, set()):
        frames = traceback.extract_tb(one.__traceback__)[-_FRAMES_MAX:]
        found.append(
            {
                "type": type(one).__name__,
                "message": _message_of(one, scrub),
                "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
            }
        )
        if len(found) == _EXCEPTIONS_MAX:
            break
    return found


def _all_of(error: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    """Each exception once, although it may be both a member of a group and its cause."""
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield error
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _all_of(member, seen)
    yield from _all_of(error.__cause__ or error.__context__, seen)


def _message_of(error: BaseException, scrub: Callable[[str], str]) -> str:
    if isinstance(error, ValidationError):  # its text would quote the input
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        return "; ".join(
            f"{'.'.join(str(step) for step in problem['loc'])}: {problem['type']}"
            for problem in problems[:_PROBLEMS_MAX]
        )
    return scrub(str(error))[:_MESSAGE_MAX]
