"""Group commit: questions that come while the database is busy with others share the next turn.

One at a time a question costs no more than alone; hundreds at a time cost little more than one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")

GROUP_MAX = 200


class Grouped(Generic[Question, Answer]):
    """`ask(question)` gives its answer out of `answer(questions)`, which is never called twice
    at once. An error of a turn is raised to everybody in it.
    """

    def __init__(self, answer: Callable[[Sequence[Question]], Awaitable[Sequence[Answer]]]) -> None:
        self._answer = answer
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._turns: asyncio.Task[None] | None = None

    async def ask(self, question: Question) -> Answer:
        """May be cancelled: the turn it is in goes on without it."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._turns is None:
            self._turns = asyncio.create_task(self._take_turns())
        return await answer

    async def _take_turns(self) -> None:
        try:
            while self._waiting:
                turn, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
                await self._take(turn)
        finally:
            self._turns = None

    async def _take(self, turn: Sequence[tuple[Question, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._answer([question for question, _ in turn])
        except Exception as error:  # noqa: BLE001 - handed to those who asked
            for _, waiting in turn:
                if not waiting.done():
                    waiting.set_exception(error)
            return
        for (_, waiting), answer in zip(turn, answers, strict=True):
            if not waiting.done():
                waiting.set_result(answer)
