"""What somebody without the key sees of an intersection: sizes, and bytes like those of random elements.

The argument has a structural part (lengths depend on the sizes alone; no element of the sets, blinded or not, can be
found in it without the scalars) and a statistical one (its bytes pass the tests that random group elements pass).
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy import stats

from stillwatch.share import psi
from stillwatch.share.oprf import ELEMENT_BYTES, Oprf

SIZE = 700
OPRF = Oprf(threads=1)
LOWEST_P = 1e-4  # of twelve tests: a false alarm once in about 800 runs


def _set(name: str) -> list[bytes]:
    return [b"address\x00%s.%d" % (name.encode(), n) for n in range(SIZE)]


def _transcript(mine: list[bytes], theirs: list[bytes]) -> tuple[bytes, bytes]:
    _, blinded = psi.ask(OPRF, mine)
    _, reply = psi.answer(OPRF, psi.prepare(OPRF, theirs), blinded)
    return blinded, reply


@pytest.fixture(scope="module")
def seen() -> tuple[bytes, bytes]:
    """Blinded elements and reply for two disjoint sets of one size."""
    return _transcript(_set("10.0"), _set("10.1"))


@pytest.fixture(scope="module")
def random_elements() -> bytes:
    """As many elements, uniformly random."""
    return b"".join(OPRF.to_group(psi.secrets.token_bytes(32)) for _ in range(SIZE))


def test_lengths_depend_on_the_sizes_alone(seen: tuple[bytes, bytes]) -> None:
    """Equal sizes, equal lengths: disjoint, identical or in between."""
    same = _transcript(_set("10.0"), _set("10.0"))
    assert [len(part) for part in seen] == [len(part) for part in same]


def test_nothing_recurs(seen: tuple[bytes, bytes]) -> None:
    """Neither inside a transcript nor between two of the same sets: nothing to recognise an element by."""
    again = _transcript(_set("10.0"), _set("10.1"))
    border = SIZE * ELEMENT_BYTES
    parts = [seen[0], seen[1][:border], again[0], again[1][:border]]
    elements = Counter(part[at : at + 32] for part in parts for at in range(0, border, 32))
    tags = Counter(r[at : at + 16] for r in (seen[1], again[1]) for at in range(border, len(r), 16))
    assert 1 == max(elements.values()) == max(tags.values())


def test_a_dictionary_does_not_help_without_the_key(seen: tuple[bytes, bytes]) -> None:
    """Somebody who has every value of both sets, and keys of his own, finds none of them in the transcript."""
    guesses = [OPRF.to_group(value) for name in ("10.0", "10.1") for value in _set(name)[:100]]
    key = OPRF.random_scalar()
    guesses += [OPRF.multiply(key, guess) for guess in guesses]
    everything = seen[0] + seen[1]
    visible = {everything[at : at + 32] for at in range(0, 2 * SIZE * 32, 32)}
    tags = {everything[at : at + 16] for at in range(2 * SIZE * 32, len(everything), 16)}
    assert not visible & set(guesses)
    assert not tags & {psi._tag(guess) for guess in guesses}


@pytest.mark.parametrize("part", ["blinded", "evaluated"])
def test_elements_look_like_random_elements(
    seen: tuple[bytes, bytes], random_elements: bytes, part: str
) -> None:
    """Byte values, their order, and bit balance: two-sample and one-sample tests do not tell them from random."""
    data = seen[0] if part == "blinded" else seen[1][: SIZE * ELEMENT_BYTES]
    ours, theirs = (
        np.frombuffer(d, np.uint8).reshape(-1, ELEMENT_BYTES)[:, 1:31] for d in (data, random_elements)
    )
    _looks_random(ours)
    table = [np.bincount(a.ravel() >> 3, minlength=32) for a in (ours, theirs)]
    assert stats.chi2_contingency(table).pvalue > LOWEST_P


def test_tags_look_random_apart_from_being_sorted(seen: tuple[bytes, bytes]) -> None:
    """The tags are hashes; what sorting fixes is left out."""
    tags = np.frombuffer(seen[1][SIZE * ELEMENT_BYTES :], np.uint8).reshape(-1, psi.TAG_BYTES)
    _looks_random(tags[:, 2:])


def _looks_random(rows: np.ndarray) -> None:
    flat = rows.ravel()
    assert stats.chisquare(np.bincount(flat, minlength=256)).pvalue > LOWEST_P
    bits = np.unpackbits(flat)
    assert stats.binomtest(int(bits.sum()), bits.size).pvalue > LOWEST_P
    pairs = np.corrcoef(flat[:-1].astype(float), flat[1:].astype(float))[0, 1]
    assert abs(pairs) < 4.5 / np.sqrt(flat.size)
