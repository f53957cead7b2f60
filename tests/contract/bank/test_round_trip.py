"""Whatever is built is read back: any ids, amounts, codes, in any message, packed or not."""

from __future__ import annotations

import gzip
import tempfile
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.bank.build import Back, Entry, Report, Status
from tests.contract.bank.reader import returned, rows_of

IDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-./", min_size=1, max_size=35)
NAMES = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=("Cs", "Cc", "Cn")),
    min_size=1,
    max_size=60,
).filter(lambda text: text.strip() == text and text)
AMOUNTS = st.integers(1, 10**11).map(lambda minor: str(Decimal(minor) / 100))
CODES = st.sampled_from(["AM04", "MD06", "AC04", "FF01", "MS03", "ZZZZ"])
BACKS = st.builds(
    Back,
    end_to_end_id=IDS.map(lambda text: f"e{text}"),
    amount=AMOUNTS,
    mandate=IDS,
    code=CODES,
    name=NAMES,
    carried_by=st.sampled_from(["amt", "tx", "instd"]),
    reference=IDS,
)
CAMT = st.builds(
    Report,
    entries=st.lists(
        st.builds(Entry, items=st.lists(BACKS, min_size=1, max_size=4), batch=st.booleans()),
        min_size=1,
        max_size=4,
    ),
    message=st.sampled_from(["camt.052.001.02", "camt.053.001.08", "camt.054.001.04.ch.03"]),
    prefix=st.sampled_from(["", "n"]),
)
PAIN = st.builds(
    Status,
    items=st.lists(BACKS, min_size=1, max_size=8),
    message=st.sampled_from(["pain.002.001.02", "pain.002.003.03", "pain.002.001.10"]),
)


def _facts(back: Back) -> tuple[object, ...]:
    minor = int(Decimal(back.amount) * 100)
    return back.end_to_end_id, back.mandate, minor, back.code, back.name


@settings(deadline=None, max_examples=150)
@given(
    file=st.one_of(CAMT, PAIN),
    packed=st.booleans(),
    encoding=st.sampled_from(["UTF-8", "UTF-16"]),
)
def test_what_is_built_is_read(file: Report | Status, packed: bool, encoding: str) -> None:
    built = file.items if isinstance(file, Status) else [
        one for entry in file.entries for one in entry.items
    ]  # fmt: skip
    content = file.xml(encoding)
    with tempfile.TemporaryDirectory() as folder:
        rows = rows_of(Path(folder), gzip.compress(content) if packed else content)
    found = returned(rows)
    assert [
        (r.end_to_end_id, r.mandate_id, r.amount.minor if r.amount else None, r.reason_code,
         r.debtor_name)
        for r in found
    ] == [_facts(back) for back in built]  # fmt: skip
    assert len(rows) == len(built)
    lines = content.decode(encoding).split("\n")
    names = ("<TxDtls", "<n:TxDtls", "<TxInfAndSts")
    assert all(any(name in lines[row.line - 1] for name in names) for row in found)
