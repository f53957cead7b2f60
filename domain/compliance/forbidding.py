"""What forbids every contact until something changes, whatever the hour and the channel."""

from __future__ import annotations

from domain.collections.channels import Purpose
from domain.collections.claims import stop_code
from domain.collections.work import Work
from domain.compliance.consents import all_stopped

#: A short code for people and the rule's id.
Refusal = tuple[str, str]
NO_PROFILE: Refusal = ("no_profile", "profile")


def forbidden(work: Work, purpose: Purpose) -> Refusal | None:
    """Why nobody may be contacted for the purpose. A flag before a return code before a stop."""
    state = work.state
    if state.profile is None:
        return NO_PROFILE
    for flag in state.profile.facts.flags:
        if purpose == "collection" or flag in work.policy.hold_thanks:
            return f"flag:{flag}", "flags"
    stopped = stop_code(state, work.policy.return_codes)
    if stopped is not None:
        return f"return_code:{stopped}", "stop_code"
    if all_stopped(state.compliance):
        return "contact_stopped", "contact_stopped"
    return None
