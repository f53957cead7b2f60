"""The lists that people look through. One definition serves the page and its export."""

from __future__ import annotations

from tables.listing import Listing

#: `%` and `_` that somebody searches for mean themselves.
HAS = r"ILIKE '%' || replace(replace(replace({}, '\', '\\'), '%', '\%'), '_', '\_') || '%'"

CUSTOMERS = Listing(
    name="customers",
    source="customers",
    columns={
        "customer_id": "customer_id",
        "name": "name",
        "country": "country",
        "language": "language",
        "balances": "balances",
        "fee_status": "fee_status",
        "case_state": "case_state",
        "next_step": "next_step",
        "next_step_at": "next_step_at",
        "as_of": "as_of",
    },
    order="as_of DESC NULLS LAST, customer_id",
    filters={
        "search": f"customer_id {HAS} OR name {HAS}",
        "debt": "has_debt = ({} = 'open')",
        "fee": "fee_status = {}",
        "country": "country = upper({})",
    },
)

_NAME = "\"row\" #>> '{document,applicant,name,%s}'"
_FULL_NAME = f"nullif(concat_ws(' ', {_NAME % 'given'}, {_NAME % 'family'}), '')"

APPLICATIONS = Listing(
    name="applications",
    source="applications",
    columns={
        "application_id": "application_id",
        "name": _FULL_NAME,
        "customer_id": "customer_id",
        "product": "product_kind",
        "status": "status",
        "outcome": "outcome",
        "light": "light",
        "decision_id": "\"row\" #>> '{decisions,-1,decision,decision_id}'",
        "submitted_at": "submitted_at",
    },
    order="submitted_at DESC NULLS LAST, application_id",
    filters={
        "search": (
            f"application_id {HAS} OR coalesce(customer_id, '') {HAS} OR {_FULL_NAME} {HAS}"
        ),
        "status": "status = {}",
        "outcome": "outcome = {}",
        "product": "product_kind = {}",
    },
)

DECISIONS = Listing(
    name="decisions",
    source="decisions",
    columns={
        "decision_id": "decision_id",
        "application_id": "application_id",
        "customer_id": "customer_id",
        "outcome": "coalesce(final_outcome, outcome)",
        "light": "light",
        "score": "score",
        "degraded": "degraded",
        "decided_at": "decided_at",
    },
    order="decided_at DESC NULLS LAST, decision_id",
    filters={
        "search": (f"decision_id {HAS} OR application_id {HAS} OR coalesce(customer_id, '') {HAS}"),
        "outcome": "coalesce(final_outcome, outcome) = {}",
        "light": "light = {}",
        "degraded": "degraded = ({} = 'degraded')",
    },
)

MESSAGES = Listing(
    name="messages",
    source="messages",
    columns={
        "message_id": "message_id",
        "customer_id": "customer_id",
        "kind": "kind",
        "step": "step",
        "channel": "channel",
        "state": "state",
        "language": "language",
        "amount_due": "amount_due",
        "requested_at": "requested_at",
    },
    order="requested_at DESC NULLS LAST, message_id",
    filters={
        "search": f"message_id {HAS} OR customer_id {HAS}",
        "kind": "kind = {}",
        "channel": "channel = {}",
        "state": "state = {}",
    },
)

NOT_SENT = Listing(
    name="not_sent",
    source="not_sent",
    columns={
        "customer_id": "customer_id",
        "kind": "kind",
        "step": "nullif(step, 0)",
        "because": "because",
        "at": "at",
        "deferred_to": "deferred_to",
        "channel": "channel",
        "rule": "rule",
        "rule_version": "rule_version",
    },
    order="at DESC, customer_id, kind, because, currency, step",
    filters={
        "search": f"customer_id {HAS}",
        "kind": "kind = {}",
        "because": "because = {}",
        "rule": "rule = {}",
    },
)

CASES = Listing(
    name="cases",
    source="cases AS k LEFT JOIN customers AS c USING (customer_id)",
    columns={
        "case_id": "k.case_id",
        "customer_id": "customer_id",
        "name": "c.name",
        "state": "k.state",
        "overdue_state": "c.overdue_state",
        "balances": "c.balances",
        "because": "k.because",
        "held_because": "k.held_because",
        "proposes": "k.proposes",
        "next_step": "k.next_step",
        "next_at": "k.step_at",
        "changed_at": "k.changed_at",
    },
    # What a person has to look at first, then by when the machine acts next: index `cases_look`.
    order="k.look DESC, k.step_at, k.case_id",
    filters={
        "search": f"k.case_id {HAS} OR customer_id {HAS} OR coalesce(c.name, '') {HAS}",
        "queue": """k.look = ANY (CASE {} WHEN 'open' THEN '{1,2,3}'::smallint[]
            WHEN 'held' THEN '{2}' WHEN 'proposed' THEN '{3}' ELSE '{0}' END)""",
        "state": "k.state = {}",
    },
)

_MONEY = "jsonb_build_object('minor', {}, 'currency', currency)"

GIVEN_UP = Listing(
    name="given_up",
    source="given_up",
    columns={
        "customer_id": "customer_id",
        "invoice_id": "invoice_id",
        "kind": "kind",
        "collector": "collector",
        "amount": _MONEY.format("minor"),
        "open": _MONEY.format("open_minor"),
        "given_up_at": "given_up_at",
        "by_person": "by_person",
        "approved_by": "approved_by",
        "reason": "reason",
        "ended_at": "ended_at",
        "ended_because": "ended_because",
    },
    order="given_up_at DESC, customer_id, invoice_id",
    filters={
        "search": f"customer_id {HAS} OR invoice_id {HAS} OR coalesce(collector, '') {HAS}",
        "kind": "kind = {}",
        "state": "(ended_at IS NULL) = ({} = 'running')",
    },
)

DEAD_LETTERS = Listing(
    name="dead_letters",
    source="dead_letters",
    columns={
        "place": "coalesce(from_topic || '/' || from_partition || '/' || from_offset, '?')",
        "reason": "reason",
        "detail": "detail",
        "key": "encode(key, 'escape')",
        "recorded_at": "recorded_at",
    },
    order='recorded_at DESC NULLS LAST, partition, "offset"',
    filters={
        "search": f"coalesce(encode(key, 'escape'), '') {HAS} OR detail {HAS}",
        "topic": "from_topic = {}",
        "reason": "reason = {}",
    },
)
