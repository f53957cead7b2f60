"""The stack's web API and its simulators, as a story calls them."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from typing import Any

from dunnock.embedded.problems import Problem

#: An advance may visit thousands of instants.
_TIMEOUT_S = 600.0
_JSON = "application/json"


class Refused(Exception):
    """The HTTP status and what was said."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"{status}: {said}")
        self.status = status
        self.said = said


class Http:
    """JSON over HTTP with the API's key."""

    def __init__(self, api_key: str) -> None:
        self._headers = {"Authorization": f"Bearer {api_key}"}

    async def call(self, url: str, body: Any = None, media: str = _JSON) -> Any:
        """GET, or POST with a body: as JSON, or the bytes that it is.

        Raises Refused, or Problem where nobody answers.
        """
        return await asyncio.to_thread(self._call, url, body, media)

    def _call(self, url: str, body: Any, media: str) -> Any:
        data = body if body is None or media != _JSON else json.dumps(body).encode()
        headers = self._headers | {"Content-Type": media}
        request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            raise Refused(error.code, error.read().decode(errors="replace")[:500]) from error
        except OSError as error:
            raise Problem(
                f"Nothing answers at {url} ({error}): start a stack with `dunnock up --clock"
                " simulated --json FILE` and play with --stack FILE, or play with --in-process."
            ) from error
