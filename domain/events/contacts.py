"""What a person says about how they may be contacted: further types on `interactions`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from domain.events.actions import Action
from domain.events.base import Channel, Id
from domain.events.customers import Interaction, QuietHours

#: A mail may quote all that went before: only how it begins is read.
Message = Annotated[str, Field(max_length=1_000_000)]


class MessageReceived(Interaction):
    """A message from the customer. STOP and its like close the channel for that address."""

    text: Message
    #: From where it came; absent: nobody knows, so STOP closes the channel for every address.
    address: Id | None = None


class ContactLimited(Action):
    """A time or place that does not suit, or an address that is somebody else's.

    A time: between the local `times` (absent: all day) of these `days` (absent: every day). A
    place or a third party: these channels, this address; calls ask for it by `channels` absent.
    """

    limit_id: Id
    kind: Literal["inconvenient_time", "inconvenient_place", "third_party"]
    channels: tuple[Channel, ...] = ()
    address: Id | None = None
    times: QuietHours | None = None
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"], ...] = ()


class ContactLimitLifted(Action):
    limit_id: Id


CONTACT_ACTIONS: dict[str, type[Action]] = {
    "contact.limited.v1": ContactLimited,
    "contact.limit-lifted.v1": ContactLimitLifted,
}
