"""A push gateway that keeps what it gets, for tests and demonstrations."""

from __future__ import annotations

from runtime.settings import Settings
from simulators import messages
from simulators.serve import serve_forever


async def run(settings: Settings) -> None:
    """Serve until cancelled."""
    await serve_forever(messages.application("push"), settings)
