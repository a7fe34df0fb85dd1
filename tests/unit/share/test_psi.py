"""Both sides of an intersection: what they find, what they refuse."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.model.errors import RefusedError
from stillwatch.share import psi
from stillwatch.share.oprf import Oprf

OPRF = Oprf(threads=1)
SETS = st.sets(st.binary(min_size=1, max_size=12), min_size=1, max_size=8)


def _values(start: int, stop: int) -> list[bytes]:
    return [b"address\x00198.51.100.%d" % n for n in range(start, stop)]


@given(mine=SETS, theirs=SETS)
@settings(max_examples=25, deadline=None)
def test_size_and_elements_are_those_of_the_sets(mine: set[bytes], theirs: set[bytes]) -> None:
    """For any two sets, size first, then elements, and both sides know the same."""
    asked, blinded = psi.ask(OPRF, mine)
    kept, reply = psi.answer(OPRF, psi.prepare(OPRF, theirs), blinded)
    asked = psi.overlap(OPRF, asked, reply, len(theirs))
    assert len(mine & theirs) == asked.overlap
    found, outputs = psi.common(OPRF, asked, psi.order_to_bytes(kept.order))
    assert tuple(sorted(mine & theirs)) == found == psi.matched(kept, outputs)


def test_a_repeated_element_is_refused() -> None:
    """Twice the same would mark it through the shuffle."""
    _, blinded = psi.ask(OPRF, _values(0, 4))
    with pytest.raises(RefusedError, match="twice"):
        psi.answer(OPRF, psi.prepare(OPRF, _values(0, 4)), blinded + blinded[:32])


def test_a_key_answers_once() -> None:
    """Two answers under one key could be laid beside each other."""
    _, blinded = psi.ask(OPRF, _values(0, 4))
    kept, _ = psi.answer(OPRF, psi.prepare(OPRF, _values(0, 4)), blinded)
    with pytest.raises(RefusedError, match="already"):
        psi.answer(OPRF, kept, blinded)


def test_replies_of_wrong_length_order_and_output_are_refused() -> None:
    """Whatever does not fit the sets that were named."""
    asked, blinded = psi.ask(OPRF, _values(0, 4))
    kept, reply = psi.answer(OPRF, psi.prepare(OPRF, _values(2, 7)), blinded)
    with pytest.raises(RefusedError, match="length"):
        psi.overlap(OPRF, asked, reply[:-1], 5)
    with pytest.raises(RefusedError, match="twice"):
        psi.overlap(OPRF, asked, reply[:-16] + reply[-32:-16], 5)
    asked = psi.overlap(OPRF, asked, reply, 5)
    with pytest.raises(RefusedError, match="not an order"):
        psi.common(OPRF, asked, psi.order_to_bytes((0, 0, 1, 2)))
    with pytest.raises(RefusedError, match="not in our set"):
        psi.matched(kept, bytes(64))


def test_a_commitment_binds_the_set() -> None:
    """Another set, or another nonce, gives another commitment; order and repetition do not."""
    values, nonce = _values(0, 9), bytes(32)
    assert psi.commitment(values, nonce) == psi.commitment([*reversed(values), values[0]], nonce)
    others = {psi.commitment(values[1:], nonce), psi.commitment(values, b"\x01" * 32)}
    assert psi.commitment(values, nonce) not in others
