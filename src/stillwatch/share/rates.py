"""How much a partner may send and ask, from what the ledger says he did already."""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch.model.errors import RefusedError
from stillwatch.share.agreement import DAY, Terms

WEEK = 7 * DAY
MINUTE = 60
REFUSALS_PER_MINUTE = 20
BLOCK_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Spent:
    """What one partner did lately, counted in the ledger: messages and refusals in a minute, the rest in a week."""

    messages: int = 0
    refusals: int = 0
    queries: int = 0
    elements: int = 0


def check_flood(spent: Spent, per_minute: int) -> None:
    """Raise `RefusedError` (`flooding`) if a partner sends faster than agreed, or mostly what is refused."""
    if spent.messages >= per_minute or spent.refusals >= REFUSALS_PER_MINUTE:
        raise RefusedError(
            "flooding",
            f"{spent.messages} messages and {spent.refusals} refusals in the last minute",
            remedy=f"Send at most {per_minute} a minute",
        )


def check_size(terms: Terms, size: int) -> None:
    """Raise `RefusedError` (`set_size`) for a set that the agreement does not allow, ours as well as theirs."""
    if not terms.smallest_set <= size <= terms.largest_set:
        raise RefusedError(
            "set_size",
            f"a set of {size}",
            remedy=f"The agreement allows {terms.smallest_set} to {terms.largest_set}",
        )


def check_query(spent: Spent, terms: Terms, size: int) -> None:
    """Raise `RefusedError` (`set_size`, `query_budget`) for an intersection outside the caps of the agreement.

    A set that is too small asks about persons; many sets that differ in one value do the same, hence the budget.
    """
    check_size(terms, size)
    if spent.queries >= terms.queries_per_week:
        raise RefusedError(
            "query_budget",
            f"{spent.queries} intersections within a week",
            remedy=f"The agreement allows {terms.queries_per_week}; wait",
        )


def check_elements(spent: Spent, terms: Terms, overlap: int) -> None:
    """Raise `RefusedError` (`query_budget`) if showing `overlap` elements would exceed what a week allows."""
    if spent.elements + overlap > terms.elements_per_week:
        raise RefusedError(
            "query_budget",
            f"{overlap} elements, after {spent.elements} within a week",
            remedy=f"The agreement allows {terms.elements_per_week}; wait, or agree on new terms",
        )
