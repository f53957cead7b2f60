"""Structured logs as JSON lines on stderr, without personal data.

Two lines of defence: a field whose *name* says that it is personal is replaced, whatever it
holds; and in every other text, exceptions of other people's libraries included, what *looks
like* a mail address, a phone number or an IBAN is replaced. Names of people can't be told from
other words, so never put one into the event text: log ids.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from runtime.log_exceptions import describe
from runtime.log_throttle import Throttle

REDACTED = "[redacted]"

#: Fields that hold personal data in the contract, in rows and in messages.
PERSONAL_FIELDS = frozenset(
    """
    address applicant birth_date birthdate body city contact debtor_name email family family_name
    given given_name household iban mail mobile name payment_link phone postal_code push_token
    raw recipient row street subject to value
    """.split()  # noqa: SIM905 - a table reads better than thirty quoted words
)

_LOOKS_PERSONAL = re.compile(
    r"[^\s@<>\"'=,;:(){}\[\]]+@[^\s@<>\"'=,;:(){}\[\]]+\.[A-Za-z]{2,}"  # a mail address
    r"|\+[1-9][0-9](?:[ -]?[0-9]){5,13}"  # E.164, also written with spaces
    r"|\b[A-Z]{2}[0-9]{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b"  # an IBAN
)
_DEPTH_MAX = 6

#: The root logger must not stay at DEBUG: Faust would spend a tenth of the CPU there.
_QUIET = ("faust", "aiokafka", "mode", "kafka", "aiohttp.access", "mail.log", "asyncio", "alembic")


def scrub(text: str) -> str:
    """`text` without anything that looks like a mail address, a phone number or an IBAN."""
    return _LOOKS_PERSONAL.sub(REDACTED, text)


def _redacted(key: str, value: Any, depth: int = 0) -> Any:
    if key.lower() in PERSONAL_FIELDS:
        return REDACTED
    if depth > _DEPTH_MAX:
        return "[too deep]"
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, bytes):
        return f"[{len(value)} bytes]"
    if isinstance(value, Mapping):
        return {str(name): _redacted(str(name), item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted("", item, depth + 1) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return scrub(str(value))


def redact(_: WrappedLogger, __: str, event_dict: EventDict) -> EventDict:
    """The structlog processor: see the module's docstring."""
    private = [name for name in event_dict if name.startswith("_")]  # structlog's own
    kept = {name: event_dict[name] for name in private}
    return {
        name: _redacted(name, value) for name, value in event_dict.items() if name not in kept
    } | kept


def _exceptions(_: WrappedLogger, __: str, event_dict: EventDict) -> EventDict:
    info = event_dict.pop("exc_info", None)
    if info:
        error = (
            info
            if isinstance(info, BaseException)
            else (info[1] if isinstance(info, tuple) else sys.exc_info()[1])
        )
        event_dict["exception"] = describe(error, scrub)
    return event_dict


def _log_crash(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    """The process ends of `error`: Python would print what it holds, personal data included."""
    if issubclass(kind, KeyboardInterrupt):
        return
    logger("crash").critical("the process ends", exc_info=error)


def _dumps(event: EventDict, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()


def configure(level: str = "INFO", process_name: str = "dunnock") -> None:
    """Send the logs of structlog and of the standard library to stderr. Call once, at the start."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _exceptions,
                redact,
                structlog.processors.JSONRenderer(serializer=_dumps),
            ],
        )
    )
    handler.addFilter(Throttle(_QUIET))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(process=process_name)
    sys.excepthook = _log_crash


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger: `log.info("message sent", message_id=…)`. Event texts are constant."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound
