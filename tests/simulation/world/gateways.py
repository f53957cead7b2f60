"""The providers of messages: SMS and push, which notice a repeated key, and mail, which doesn't.

The connectors' own clients talk to them; only the wire is ours.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import aiosmtplib
import orjson

from connectors.gateways.http import HttpGateway
from connectors.gateways.ports import Gateway
from connectors.gateways.smtp import SmtpGateway
from tests.simulation.world.http import Exchange, Response, Unreachable, session_of
from tests.simulation.world.scene import Scene


class Provider:
    """What one provider accepted, in order, as (message id, address)."""

    def __init__(self, scene: Scene, channel: str) -> None:
        self.scene = scene
        self.channel = channel
        self.accepted: list[tuple[str, str]] = []
        self._keys: set[str] = set()

    def accept(self, message_id: str, to: str, *, deduplicates: bool) -> None:
        """Take a message; a provider that deduplicates takes a key once."""
        if deduplicates and message_id in self._keys:
            self.scene.tell(f"{self.channel} knows {message_id} already")
            return
        self._keys.add(message_id)
        self.accepted.append((message_id, to))
        self.scene.tell(f"{self.channel} accepts {message_id}")

    def knows(self, message_id: str) -> bool:
        return message_id in self._keys

    def gateway(self) -> Gateway:
        """A client of this provider, as the dispatcher of the channel makes it."""
        if self.channel == "email":
            return _Mail(self)
        return HttpGateway(session_of(_Session(self)), "http://gateway")


class _Session:
    """Stands for the client session of a dispatcher."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._scene = provider.scene

    def post(self, url: str, data: bytes, headers: dict[str, str], timeout: Any) -> Exchange:
        return Exchange(lambda: self._take(orjson.loads(data)), timeout)

    def get(self, url: str, timeout: Any) -> Exchange:
        return Exchange(lambda: self._tell(url.rpartition("/")[2]), timeout)

    async def _take(self, message: dict[str, str]) -> Response:
        match await self._scene.gate("gateway.before"):
            case "unreachable":
                raise Unreachable
            case "status":
                return Response(503)
            case "busy":
                return Response(429)
            case "rejected":
                return Response(400)
            case "hang":
                await asyncio.sleep(3600)
        self._provider.accept(message["message_id"], message["to"], deduplicates=True)
        return await self._after("gateway.after", Response(202, b'{"id": "p"}'))

    async def _tell(self, message_id: str) -> Response:
        known = self._provider.knows(message_id)
        answer = Response(200, b'{"id": "p"}') if known else Response(404)
        return await self._after("gateway.ask", answer)

    async def _after(self, point: str, answer: Response) -> Response:
        match await self._scene.gate(point):
            case "status":
                return Response(502, b"<html>")
            case "garbage":
                return Response(200, b"<html>")
            case "lost":
                raise aiohttp.ServerDisconnectedError
            case "hang":
                await asyncio.sleep(3600)
        return answer


class _Mail(SmtpGateway):
    """The product's mail gateway over a conversation that only looks like one."""

    def __init__(self, provider: Provider) -> None:
        super().__init__("mail:25", "service@dunnock.example")
        self._provider = provider

    async def _connection(self) -> Any:
        return _Conversation(self._provider)


class _Conversation:
    is_connected = False

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._gate = provider.scene.gate
        self._to = ""

    async def connect(self) -> None:
        match await self._gate("mail.connect"):
            case "unreachable":
                raise aiosmtplib.SMTPConnectError("refused")
            case "hang":
                raise aiosmtplib.SMTPTimeoutError("no greeting")

    async def mail(self, sender: str) -> None:
        """Accepted."""

    async def rcpt(self, to: str) -> None:
        self._to = to
        self._refuse(await self._gate("mail.rcpt"))

    async def data(self, content: bytes) -> None:
        kind = await self._gate("mail.before")
        self._refuse(kind)
        if kind == "hang":
            raise aiosmtplib.SMTPServerDisconnected("in the middle of it")
        head = content.partition(b"\r\n\r\n")[0].decode()
        line = next(one for one in head.splitlines() if one.lower().startswith("x-message-id:"))
        name = line.partition(":")[2].strip()
        self._provider.accept(name, self._to, deduplicates=False)
        if await self._gate("mail.after") in {"hang", "lost"}:
            raise aiosmtplib.SMTPReadTimeoutError("no answer to the mail")

    def _refuse(self, kind: str | None) -> None:
        if kind == "busy":
            raise aiosmtplib.SMTPResponseException(451, "later")
        if kind == "rejected":
            raise aiosmtplib.SMTPResponseException(550, "never")

    def close(self) -> None:
        """There is no socket."""
