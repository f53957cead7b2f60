"""Rows as models, remembered by their bytes: a customer's next event is often close behind.

A cache of a pure function: with it or without it a batch gives the same bytes.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)

ROWS_MAX = 2_000
#: A larger row is parsed each time: what is remembered must not outgrow the worker.
ROW_BYTES_MAX = 16_384


class ParsedRows(Generic[Model]):
    """The newest rows of one kind, frozen. Used on the event loop only."""

    def __init__(self, model: type[Model]) -> None:
        self._model = model
        self._rows: OrderedDict[bytes, Model] = OrderedDict()

    def parse(self, row: bytes) -> Model:
        """The model of a row of ours."""
        known = self._rows.get(row)
        if known is not None:
            self._rows.move_to_end(row)
            return known
        parsed = self._model.model_validate_json(row)
        self.remember(row, parsed)
        return parsed

    def remember(self, row: bytes, model: Model) -> None:
        """`row` was just written from `model`: reading it would give an equal one."""
        if len(row) > ROW_BYTES_MAX:
            return
        self._rows[row] = model
        if len(self._rows) > ROWS_MAX:
            self._rows.popitem(last=False)
