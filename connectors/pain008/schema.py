"""Checks a finished file: against its schema, and its control sums against what it should hold."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from importlib.resources import files

from lxml import etree

SCHEMA = "pain.008.001.02"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"
_PATHS = {"n": NAMESPACE}


class InvalidFile(Exception):
    """The file would not be taken: the text says why, without anybody's data."""


@lru_cache(maxsize=1)
def _schema() -> etree.XMLSchema:
    """The schema of ISO 20022 that sepaxml brings along."""
    text = (files("sepaxml") / "schemas" / f"{SCHEMA}.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(text))


def check(content: bytes, *, count: int, total: Decimal) -> None:
    """Raises InvalidFile."""
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    schema = _schema()
    if not schema.validate(root):
        first = schema.error_log[0]
        raise InvalidFile(f"line {first.line}: {first.type_name}")
    said = (_sum(root, "n:CstmrDrctDbtInitn/n:GrpHdr"), (count, total))
    batches = [_sum(batch) for batch in root.iterfind(".//n:PmtInf", _PATHS)]
    counted = [
        Decimal(one.text or "") for one in root.iterfind(".//n:DrctDbtTxInf/n:InstdAmt", _PATHS)
    ]
    summed = sum(batch[0] for batch in batches), sum((batch[1] for batch in batches), Decimal(0))
    if not said[0] == said[1] == summed == (len(counted), sum(counted, Decimal(0))):
        raise InvalidFile("the control sums do not fit what is in it")


def _sum(parent: etree._Element, path: str = ".") -> tuple[int, Decimal]:
    count = parent.findtext(f"{path}/n:NbOfTxs", namespaces=_PATHS)
    total = parent.findtext(f"{path}/n:CtrlSum", namespaces=_PATHS)
    return int(count or -1), Decimal(total or -1)
