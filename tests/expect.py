"""Expectations that say what they found."""

from __future__ import annotations

from collections.abc import Iterable


def expect_none(found: Iterable[object]) -> None:
    """Nothing was found; otherwise every finding stands in the message, one a line."""
    lines = [str(one) for one in found]
    assert not lines, "\n" + "\n".join(lines)
