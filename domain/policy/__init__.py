"""Decision tables: typed, first match, total, explainable, compiled to plain Python closures."""

from __future__ import annotations

from domain.policy.conditions import Condition
from domain.policy.reasons import CATALOGUE, reason
from domain.policy.table import Column, Compiled, Row, Table, Verdict, compile_table

__all__ = [
    "CATALOGUE",
    "Column",
    "Compiled",
    "Condition",
    "Row",
    "Table",
    "Verdict",
    "compile_table",
    "reason",
]
