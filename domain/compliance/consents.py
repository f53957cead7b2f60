"""The consent ledger: who allowed what for which address, by which proof; and what was stopped.

The newest entry decides, of two at one instant the refusal. What was said of one address says
nothing of another; what names no address is said of the channel.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, get_args

from domain.collections.state import CustomerState
from domain.collections.work import Work
from domain.compliance.state import ComplianceFile, LedgerEntry, Limit
from domain.events.actions import ConsentRecorded, ContactResumed, ContactStopped
from domain.events.base import Channel
from domain.events.customers import Purpose

#: Entries, limits and calls a row keeps; the oldest give way, refusals last of all.
ENTRIES_MAX = 200
#: Stops of everything, calls among them.
EVERY = "all"
_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)


def consents_to(
    state: CustomerState, channel: Channel, purpose: Purpose, address: str | None = None
) -> bool:
    """Whether consent leaves the channel open for the purpose, at this address.

    Without an entry it does. An opt-out closes the channel for every purpose until a newer grant:
    one of its instant is none.
    """
    if state.profile is None:
        return False
    newest = _LONG_AGO, True
    for consent in state.profile.facts.consents:
        if consent.channel == channel and consent.purpose == purpose:
            newest = max(newest, (consent.at, consent.granted), key=_refusal_wins)
    for entry in state.compliance.consents:
        if _speaks_of(entry, channel, purpose, address):
            newest = max(newest, (entry.at, entry.granted), key=_refusal_wins)
    at, granted = newest
    opted_out = state.opt_outs.get(channel)
    return granted and (opted_out is None or at > opted_out)


def _refusal_wins(entry: tuple[dt.datetime, bool]) -> tuple[dt.datetime, bool]:
    return entry[0], not entry[1]


def _speaks_of(entry: LedgerEntry, channel: Channel, purpose: Purpose, address: str | None) -> bool:
    return (
        entry.channel == channel
        and entry.purpose in {None, purpose}
        and (entry.address is None or address is None or is_same(entry.address, address))
    )


def is_stopped(file: ComplianceFile, channel: str) -> bool:
    """Whether the customer wants no contact over it (`all`: at all). A stop wins over its equal."""
    if not file.stops:
        return False
    stopped = _newest(file.stops, channel)
    resumed = _newest(file.resumes, channel)
    return stopped is not None and (resumed is None or stopped >= resumed)


def all_stopped(file: ComplianceFile) -> bool:
    """Whether no channel is left."""
    return bool(file.stops) and all(is_stopped(file, channel) for channel in get_args(Channel))


def _newest(instants: dict[str, Any], channel: str) -> dt.datetime | None:
    found = [instants[key] for key in {channel, EVERY} if key in instants]
    return max(found, default=None)


def limit_on(file: ComplianceFile, channel: str, address: str) -> str | None:
    """The kind of what closes this channel or address: somebody else's, or the wrong place."""
    for limit in limits_in_force(file):
        if limit.kind == "inconvenient_time":
            continue
        is_its = limit.address is not None and is_same(limit.address, address)
        if channel in limit.channels or is_its:
            return limit.kind
    return None


def is_same(address: str, other: str) -> bool:
    """Whether both reach the same place: mail addresses are told apart by no one's capitals."""
    return address.casefold() == other.casefold()


def limits_in_force(file: ComplianceFile) -> list[Limit]:
    """Those that have not been lifted."""
    if not file.limits:
        return []
    return [limit for key, limit in file.limits.items() if key not in file.lifted]


def record_consent(work: Work, ce_id: str, data: ConsentRecorded) -> None:
    """Put it into the ledger."""
    add_entry(
        work,
        LedgerEntry(
            channel=data.channel,
            address=data.address,
            purpose=data.purpose,
            granted=data.granted,
            at=data.at,
            proof=data.proof,
            by=data.by,
            ce_id=ce_id,
        ),
    )


def add_entry(work: Work, entry: LedgerEntry) -> None:
    """Keep it; beyond the bound older entries that a newer one has replaced go first."""
    file = work.state.compliance
    kept = sorted((*file.consents, entry), key=lambda one: (one.at, one.ce_id))
    if len(kept) > ENTRIES_MAX:
        newest = {(one.channel, one.address, one.purpose): one for one in kept}
        in_force = {id(one) for one in newest.values()}
        gone = next((one for one in kept if id(one) not in in_force), kept[0])
        kept = [one for one in kept if one is not gone]
    work.set(compliance=file.model_copy(update={"consents": tuple(kept)}))


def record_stop(work: Work, data: ContactStopped | ContactResumed) -> None:
    """Stopped or allowed again, by channel or altogether. The newest counts, however it comes."""
    file = work.state.compliance
    name = "stops" if isinstance(data, ContactStopped) else "resumes"
    known: dict[str, dt.datetime] = dict(getattr(file, name))
    for channel in data.channels or (EVERY,):
        known[channel] = max(data.at, known.get(channel, data.at))
    work.set(compliance=file.model_copy(update={name: known}))
