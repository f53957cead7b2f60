"""One call of a rule in progress: the row as it stands, and what is to be done."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from domain.collections.claims import claimable
from domain.collections.ledger import Ledger, compute
from domain.collections.policy import CollectionsPolicy
from domain.collections.state import Chase, CustomerState, NotSent
from domain.effects import Effect
from domain.events.base import Envelope


@dataclass(slots=True)
class Work:
    """Lives for one call. `state` is replaced, never changed."""

    state: CustomerState
    policy: CollectionsPolicy
    now: dt.datetime
    #: The event being applied, None for timers and looks.
    cause: Envelope | None = None
    effects: list[Effect] = field(default_factory=list)
    _ledger: Ledger | None = None
    _claims: dict[str, str] | None = None

    def set(self, **changes: Any) -> None:
        """Replace fields of the row."""
        self.state = self.state.model_copy(update=changes)

    def facts_changed(self) -> None:
        """Forget the ledger: it is computed anew when it is next asked for."""
        self._ledger = None
        self._claims = None

    @property
    def ledger(self) -> Ledger:
        """What is open, once all facts of this call are in."""
        if self._ledger is None:
            self._ledger = compute(self.state)
        return self._ledger

    @property
    def claims(self) -> dict[str, str]:
        """Open invoices that may be chased now -> the `ce_id` that made them so."""
        if self._claims is None:
            codes = self.policy.return_codes
            self._claims = claimable(self.state, self.ledger, codes, self.now)
        return self._claims

    def put_chase(self, currency: str, chase: Chase | None) -> None:
        """Replace the dunning of a currency; None ends it."""
        chases = {key: value for key, value in self.state.chases.items() if key != currency}
        if chase is not None:
            chases[currency] = chase
        self.set(chases=chases)

    def note_not_sent(self, note: NotSent) -> None:
        """Remember why a message did not leave; the oldest notes give way."""
        kept = self.state.not_sent[-self.policy.limits.not_sent_max + 1 :]
        self.set(not_sent=(*kept, note))
