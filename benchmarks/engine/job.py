"""The reference job: what every system under test computes for a customer. Pure functions.

Two topics keyed by customer, payments and applications, fold into one row; an application gives one
output. What a topic adds to the row depends on the order inside that topic alone, for no system
promises an order between two. The chains depend on every number before: one event lost, doubled or
out of order shows in the row for ever. `kafka_streams/` has the same fold in Java. Events are JSON,
read by orjson; row and output are formatted by hand, so that the bench is about the systems.
"""

from __future__ import annotations

import orjson

PAYMENTS = "payments"
APPLICATIONS = "applications"
OUTPUTS = "decisions"
SOURCES = (PAYMENTS, APPLICATIONS)
TABLE = "customer_history"

#: What a customer may ask for in sum, minor units.
LIMIT = 500_000
CHAIN = 2_147_483_647
#: What a row holds, in this order, as numbers with commas between; a note may follow.
ROW_FIELDS = (
    "payments",
    "paid",
    "payment_chain",
    "applications",
    "requested",
    "application_chain",
)
NEW_ROW = b"0,0,0,0,0,0,"


def fold(row: bytes | None, value: bytes) -> tuple[bytes, bytes | None]:
    """The customer's row with the event in it, and the output (JSON) when the event asks for one.

    Raises ValueError or KeyError for what is no event of the job. A row's note stays.
    """
    event = orjson.loads(value)
    data = event["data"]
    number, amount = data["n"], data["amount"]
    fields = (row or NEW_ROW).split(b",", 6)
    if event["type"] == "payment.received.v1":
        fields[0] = b"%d" % (int(fields[0]) + 1)
        fields[1] = b"%d" % (int(fields[1]) + amount)
        fields[2] = b"%d" % ((int(fields[2]) * 31 + number) % CHAIN)
        return b",".join(fields), None
    applications = int(fields[3]) + 1
    requested = int(fields[4]) + amount
    chain = (int(fields[5]) * 31 + number) % CHAIN
    fields[3], fields[4], fields[5] = b"%d" % applications, b"%d" % requested, b"%d" % chain
    output = (
        b'{"n":%d,"customer":"%s","applications":%d,"requested":%d,"chain":%d,"approved":%s}'
        % (
            number,
            data["customer"].encode(),
            applications,
            requested,
            chain,
            b"true" if requested <= LIMIT else b"false",
        )
    )
    return b",".join(fields), output


def new_row(note: str) -> bytes:
    """A row of a customer without events, made longer by `note`."""
    return NEW_ROW + note.encode()
