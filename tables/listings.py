"""The lists that people look through. One definition serves the page and its export."""

from __future__ import annotations

from tables.listing import Listing

CUSTOMERS = Listing(
    name="customers",
    source="customers",
    columns={
        "customer_id": "customer_id",
    },
    order="customer_id",
    filters={"search": "customer_id ILIKE '%' || {} || '%'"},
)
DECISIONS = MESSAGES = DEAD_LETTERS = CASES = CUSTOMERS
