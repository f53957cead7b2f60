"""How many dead letters are believable before something must be misconfigured."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

HOW_TO_RESUME = (
    "Nothing of this batch was committed. Look at the newest dead letters, fix the producer or "
    "the configuration and start again; or, if these records really are to be set aside, raise "
    "the budget (DUNNOCK_DEAD_LETTERS_IN_A_ROW, DUNNOCK_DEAD_LETTERS_SHARE) and start again."
)


class DeadLetterBudgetExceeded(Exception):
    """Too many dead letters. The message says how to resume."""


@dataclass(frozen=True, slots=True)
class BudgetLimits:
    """The share counts only once a whole window of records has been seen."""

    in_a_row_max: int = 1_000
    share_max: float = 0.5
    window_records: int = 10_000


class DeadLetterBudget:
    """Counts the outcomes of records: True is a dead letter.

    `check` before a commit raises when the outcomes would go over the budget and changes
    nothing, so a batch that is run again isn't counted twice; `add` after the commit keeps them.
    """

    def __init__(self, limits: BudgetLimits | None = None) -> None:
        self._limits = limits or BudgetLimits()
        self._window: deque[bool] = deque(maxlen=self._limits.window_records)
        self._dead_in_window = 0
        self._in_a_row = 0

    @property
    def in_a_row(self) -> int:
        return self._in_a_row

    def resume(self, in_a_row: int) -> None:
        """Go on counting where an earlier process stopped."""
        self._in_a_row = max(self._in_a_row, in_a_row)

    def check(self, outcomes: Iterable[bool]) -> None:
        """Raises `DeadLetterBudgetExceeded`."""
        outcomes = tuple(outcomes)
        if not any(outcomes):
            return
        trial = DeadLetterBudget(self._limits)
        trial._window.extend(self._window)
        trial._dead_in_window = self._dead_in_window
        trial._in_a_row = self._in_a_row
        for dead in outcomes:
            trial._count(dead=dead)
            trial._refuse_excess()

    def add(self, outcomes: Iterable[bool]) -> None:
        for dead in outcomes:
            self._count(dead=dead)

    def _count(self, *, dead: bool) -> None:
        if len(self._window) == self._window.maxlen:
            self._dead_in_window -= self._window[0]
        self._window.append(dead)
        self._dead_in_window += dead
        self._in_a_row = self._in_a_row + 1 if dead else 0

    def _refuse_excess(self) -> None:
        limits = self._limits
        if self._in_a_row > limits.in_a_row_max:
            raise DeadLetterBudgetExceeded(
                f"More than {limits.in_a_row_max:,} dead letters in a row. {HOW_TO_RESUME}"
            )
        seen = len(self._window)
        if seen == limits.window_records and self._dead_in_window > limits.share_max * seen:
            raise DeadLetterBudgetExceeded(
                f"{self._dead_in_window:,} of the last {seen:,} records are dead letters. "
                f"{HOW_TO_RESUME}"
            )
