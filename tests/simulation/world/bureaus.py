"""The bureaus: the simulators' formats behind the connectors' client, and all they can do wrong."""

from __future__ import annotations

import asyncio
from typing import Any

from simulators.bureaus_answers import AnswerOrder, Answers
from simulators.bureaus_formats import WIRES
from tests.simulation.world.http import Exchange, Response, Unreachable
from tests.simulation.world.scene import Scene

#: What every bureau says of applicants with these family names.
SAID: dict[str, dict[str, Any]] = {
    "Goodrun": {"score": 700},
    "Middlerun": {"score": 300},
    "Lowrun": {"score": 100},
    "Fraudrun": {"score": 600, "fraud": True},
}


class BureauSession:
    """Stands for the client session of a worker."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._answers = Answers()
        for family, said in SAID.items():
            order = {"family": family, "provider": "*", "answer": said}
            self._answers.fix(AnswerOrder.model_validate(order))

    def post(self, url: str, data: bytes, timeout: Any = None, **_: Any) -> Exchange:
        provider = url.removeprefix("http://bureaus/").split("/", maxsplit=1)[0]
        return Exchange(lambda: self._answer(provider, data), timeout)

    async def _answer(self, provider: str, data: bytes) -> Response:
        await self._before()
        wire = WIRES[provider]
        asked = wire.read(data)
        body = wire.write(provider, asked, self._answers.say(provider, asked.person))
        match await self._scene.gate("bureau.answered"):
            case "garbage":
                return Response(200, b"<html>we are back soon</html>")
            case "cut":
                return Response(200, body[: len(body) // 2])
            case "flood":
                return Response(200, body + b" " * 100_000)
            case "foreign":
                return Response(200, body.replace(asked.reference.encode(), b"somebody-else"))
            case "hang":
                await asyncio.sleep(3600)
        return Response(200, body)

    async def _before(self) -> None:
        match await self._scene.gate("bureau.asked"):
            case "unreachable":
                raise Unreachable
            case "status":
                raise Unreachable from None
            case "hang":
                await asyncio.sleep(3600)
