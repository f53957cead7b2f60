"""The names of the stateful tables: each is a Faust table with a changelog and a RocksDB store."""

from __future__ import annotations

CUSTOMER_HISTORY = "customer_history"
FEE_STATUS = "fee_status"
APPLICATIONS = "applications"
DECISIONS = "decisions"
CASES = "cases"
POLICIES = "policies"

#: The engine's own tables: what is due, and what each partition knows (now, looks, marks).
TIMERS = "timers"
ENGINE = "engine"

BUSINESS_TABLES = (CUSTOMER_HISTORY, FEE_STATUS, APPLICATIONS, DECISIONS, CASES, POLICIES)
ENGINE_TABLES = (TIMERS, ENGINE)
ALL_TABLES = (*BUSINESS_TABLES, *ENGINE_TABLES)
