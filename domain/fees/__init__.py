"""The fee status of a customer: which fees policy would apply, by rules kept as data."""

from __future__ import annotations

from domain.fees.evaluation import concerns, evaluate
from domain.fees.policy import FeesPolicy, load_fees_policy
from domain.fees.state import FeeState

__all__ = ["FeeState", "FeesPolicy", "concerns", "evaluate", "load_fees_policy"]
