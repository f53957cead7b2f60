"""The dead-letter budget stops what must be misconfigured, and says how to resume."""

import pytest

from streams.core.budget import BudgetLimits, DeadLetterBudget, DeadLetterBudgetExceeded


def test_a_thousand_in_a_row_are_believed_and_one_more_is_not() -> None:
    budget = DeadLetterBudget()
    budget.check([True] * 1_000)
    budget.add([True] * 1_000)
    with pytest.raises(DeadLetterBudgetExceeded, match="start again"):
        budget.check([True])
    budget.check([False])


def test_the_share_counts_only_once_the_window_is_full() -> None:
    budget = DeadLetterBudget()
    budget.add([True, False, True] * 3_333)  # 9,999 records, two thirds of them dead
    with pytest.raises(DeadLetterBudgetExceeded, match="of the last 10,000"):
        budget.check([True])


def test_the_window_slides() -> None:
    budget = DeadLetterBudget(BudgetLimits(in_a_row_max=5, share_max=0.5, window_records=4))
    budget.add([True, True, False, False])
    budget.check([False, False, True, True])
    with pytest.raises(DeadLetterBudgetExceeded):
        budget.check([False, True, True, True])


def test_checking_counts_nothing() -> None:
    budget = DeadLetterBudget(BudgetLimits(in_a_row_max=2))
    for _ in range(5):
        budget.check([True, True])
    assert budget.in_a_row == 0
