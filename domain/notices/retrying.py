"""A channel that was tried in vain may be tried anew once the customer has another address."""

from __future__ import annotations

from domain.collections.channels import address_of
from domain.collections.work import Work
from domain.notices.addresses import digest_of


def forget_old(work: Work) -> None:
    """A channel was tried at an address that the customer has changed: it may be tried anew."""
    profile, notices = work.state.profile, work.state.notices
    if profile is None:
        return
    contact, owed = profile.facts.contact, dict(notices.owed)
    for key, notice in notices.owed.items():
        if notice.tried:
            used = {(one.channel, one.address) for one in work.state.messages if one.notice == key}
            tried = tuple(
                one
                for one in notice.tried
                if (one, digest_of(address_of(contact, one) or "")) in used
            )
            owed[key] = notice.model_copy(update={"tried": tried})
    if owed != notices.owed:
        work.set(notices=notices.model_copy(update={"owed": owed}))
