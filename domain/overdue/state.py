"""What a customer's row keeps of the state of their arrears."""

from __future__ import annotations

from pydantic import AwareDatetime

from domain.row import Row


class Overdue(Row):
    """The state last published, recomputed each time: only what is held remembers where it was."""

    #: None: never behind, so nothing was ever published.
    state: str | None = None
    #: As far as what may not be asked for now counts, where the rest has made the state worse.
    #: None: as far as `state`.
    held_at: str | None = None
    since: AwareDatetime | None = None
    #: Counts the changes, for their event ids.
    changes: int = 0
    #: Services now restricted because of the state: what has to be lifted again.
    applied: tuple[str, ...] = ()
    #: What a person is asked to decide: `hand_over`, `write_off`.
    proposes: str | None = None
    review_at: AwareDatetime | None = None
