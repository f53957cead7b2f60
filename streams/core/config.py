"""The names and limits of a lane: every queue, batch and retry has a bound, and it stands here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LaneConfig:
    """Topic names are those of the records a lane is offered and of `Log` (prefix or none)."""

    ticks_topic: str = "ticks"
    dead_letters_topic: str = "dead-letters"
    look_topics: tuple[str, ...] = ("payments", "invoices", "customers", "interactions")
    batch_records_max: int = 2_000
    timers_per_batch_max: int = 500
    looks_per_batch_max: int = 500
    queued_records_max: int = 8_000
    reruns_max: int = 3
    output_bytes_max: int = 1_000_000
    """Below what a broker takes by default; what is larger would abort the batch for ever."""
    row_bytes_max: int = 8_000_000
    """The same for a row's changelog record. Changelogs are made for 8 MiB."""
    rest_share: float = 0.0
    """After a batch the lane rests for so many times as long as the batch took, so that what comes
    meanwhile shares one transaction: small ones cost the broker as much as large ones."""
    rest_s_max: float = 0.1
    rest_below_records: int = 500
    """With more waiting than this there is no rest: the next batch is large anyway."""
    slice_s: float = 0.01
    """How long folds may hold the event loop before they let others run."""
