"""Walks one camt message: every item in its place, and what its levels say of themselves."""

from __future__ import annotations

from connectors.bank.camt import Entry, item_of
from connectors.bank.camt_sums import CamtSums
from connectors.bank.items import ReturnedDebit, Row, SetAside, guarded
from connectors.bank.nodes import Node
from connectors.bank.sums import Sums
from connectors.bank.values import decimal_of

REPORTS = frozenset({"Stmt", "Rpt", "Ntfctn"})
MESSAGES = {
    "BkToCstmrDbtCdtNtfctn": "camt.054",
    "BkToCstmrStmt": "camt.053",
    "BkToCstmrAcctRpt": "camt.052",
}


class CamtReport:
    """One message; `visit` every unit of it in document order."""

    def __init__(self, where: str, sums: Sums) -> None:
        self._where = where
        self._sums = CamtSums(where, sums)
        self._items = 0
        #: Whether an item is the only one of its entry is known when the next one comes.
        self._pending: tuple[Node, Entry, str] | None = None
        self.entries = 0
        self._entry: Entry | None = None

    def _entry_of(self, node: Node) -> Entry:
        if self._entry is None or self._entry.node is not node:
            self._entry = Entry.of(node)
        return self._entry

    def visit(self, node: Node, message: str) -> list[Row]:
        """The rows that are complete with this unit. Raises FileRefused for wrong sums."""
        if node.name == "TxDtls":
            return self._item(node, message)
        if node.name == "NtryDtls":
            if not self._sums.close_batch(node) and node.parent is not None:
                node.parent.add(node)  # a batch without items: see _bare
        elif node.name == "Ntry":
            return self._close_entry(node, message)
        elif node.name in REPORTS:
            self._sums.close_report(node)
        elif node.name in MESSAGES:
            self._sums.close_message(node)
        return []

    def _item(self, node: Node, message: str) -> list[Row]:
        entry = node.within("Ntry")
        if entry is None:
            why = "An item stands outside of any entry."
            return [SetAside(line=node.line, position=self._where, code="misplaced", why=why)]
        rows = self._settle(message, alone=False)
        self._items += 1
        self._sums.item(node)
        position = f"{self._where}, entry {self.entries + 1}, item {self._items}"
        self._pending = (node, self._entry_of(entry), position)
        return rows

    def _settle(self, message: str, *, alone: bool) -> list[Row]:
        if self._pending is None:
            return []
        node, entry, position = self._pending
        self._pending = None
        return [_read(node, entry, message, position, alone=alone and self._items == 1)]

    def _close_entry(self, entry: Node, message: str) -> list[Row]:
        rows = self._settle(message, alone=True)
        if not self._items:
            rows.append(self._bare(entry, message))
        self._sums.close_entry(entry)
        self.entries += 1
        self._items = 0
        return rows

    def _bare(self, entry: Node, message: str) -> Row:
        """An entry without items: a single return, or a batch that somebody must ask for."""
        position = f"{self._where}, entry {self.entries + 1}"
        row = _read(entry, self._entry_of(entry), message, position, alone=True)
        said = decimal_of(entry.value("NtryDtls", "Btch", "NbOfTxs"))
        if isinstance(row, ReturnedDebit) and said is not None and said > 1:
            why = f"{said} debits came back in one entry, and the file does not say which."
            return SetAside(line=entry.line, position=position, code="no_items", why=why)
        return row


def _read(node: Node, entry: Entry, message: str, position: str, *, alone: bool) -> Row:
    return guarded(
        node.line, position, lambda: item_of(node, entry, message, position, alone=alone)
    )
