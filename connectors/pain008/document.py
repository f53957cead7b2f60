"""One pain.008.001.02 file of collections: the same collections always give the same bytes.

sepaxml builds it; what it makes up by chance or clock (message id, batch ids, time of creation) is
set from the collections instead, so that a file that is written again is the same file.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from lxml import etree
from sepaxml import SepaDD

from connectors.pain008.creditor import Creditor
from connectors.pain008.schema import NAMESPACE, SCHEMA, check
from domain.events.debits import Scheme, SequenceType

_PATHS = {"n": NAMESPACE}
#: The character set that every bank of the scheme takes (EPC217-08 [unverified]).
_FOREIGN = re.compile(r"[^A-Za-z0-9/?:().,'+ -]")
_INSTRUMENTS: dict[Scheme, str] = {"core": "CORE", "b2b": "B2B"}
_NAME_MAX, _TEXT_MAX = 70, 140
_NO_NAME = "NOTPROVIDED"


@dataclass(frozen=True, slots=True)
class Debit:
    """A collection as a file names it; amounts in cents, always euro."""

    collection_id: str
    minor: int
    mandate_id: str
    signed_on: dt.date
    sequence_type: SequenceType
    scheme: Scheme
    collect_on: dt.date
    debtor_name: str
    debtor_iban: str
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A finished file."""

    message_id: str
    content: bytes
    count: int
    minor: int


def message_id_of(debits: Sequence[Debit]) -> str:
    """Names the file by what is in it: 31 characters."""
    ids = "\x1f".join(sorted(one.collection_id for one in debits))
    return "DUN" + hashlib.sha256(ids.encode()).hexdigest()[:28].upper()


def build(creditor: Creditor, debits: Sequence[Debit], created_at: dt.datetime) -> Document:
    """A file of debits of one scheme. Raises InvalidFile, and ValueError for mixed schemes."""
    schemes = {one.scheme for one in debits}
    if len(schemes) != 1:
        raise ValueError("a file is of one scheme")
    made = SepaDD(
        {
            "name": _sepa(creditor.name, _NAME_MAX),
            "IBAN": creditor.iban,
            "BIC": creditor.bic,
            "creditor_id": creditor.creditor_id,
            "batch": True,
            "currency": "EUR",
            "instrument": _INSTRUMENTS[schemes.pop()],
        },
        schema=SCHEMA,
        clean=True,
    )
    for one in sorted(debits, key=lambda debit: debit.collection_id):
        made.add_payment(_payment(one))
    message_id = message_id_of(debits)
    root = etree.fromstring(made.export(validate=False), _parser())
    _set_names(root, message_id, created_at)
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    total = sum(one.minor for one in debits)
    check(content, count=len(debits), total=Decimal(total).scaleb(-2))
    return Document(message_id, content, len(debits), total)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=True)


def _payment(one: Debit) -> dict[str, object]:
    return {
        "name": _sepa(one.debtor_name, _NAME_MAX),
        "IBAN": one.debtor_iban,
        "amount": one.minor,
        "type": one.sequence_type,
        "collection_date": one.collect_on,
        "mandate_id": one.mandate_id,
        "mandate_date": one.signed_on,
        "description": _sepa(one.text, _TEXT_MAX),
        "endtoend_id": one.collection_id,
    }


def _sepa(text: str, length: int) -> str:
    """In the scheme's characters: letters lose their accents, what is left over becomes blank."""
    from text_unidecode import unidecode

    plain = " ".join(_FOREIGN.sub(" ", unidecode(text)).split())
    return plain[:length].strip() or _NO_NAME


def _set_names(root: etree._Element, message_id: str, created_at: dt.datetime) -> None:
    at = created_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    for path, text in (("MsgId", message_id), ("CreDtTm", at)):
        for found in root.iterfind(f".//n:GrpHdr/n:{path}", _PATHS):
            found.text = text
    for number, found in enumerate(root.iterfind(".//n:PmtInf/n:PmtInfId", _PATHS), start=1):
        found.text = f"{message_id}-{number}"
