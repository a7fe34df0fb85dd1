"""Private set intersection over the function of RFC 9497: first how many elements are common, then which ones.

The asker has values x, the answerer values y and a key k that is made for this session alone.

1. asker → answerer: a·H(x) for one blind a (`ask`).
2. answerer → asker: k·a·H(x) in a secret random order, and tags of k·H(y), sorted (`answer`).
3. The asker takes the blind off and counts how many tags he finds (`overlap`). The order hides *which* of his values
   they are: telling k·H(x) apart for known H(x) is the decisional Diffie-Hellman problem.
4. Only if persons on both sides agree, the answerer shows the order (`Answer.order`). Now the asker knows which
   of his values are common, and ends with the function's output F(k, x) for each (`common`), which the answerer
   finds among F(k, y) (`matched`). The output takes the value itself, so only a holder of the value can name it.

What leaks: both sizes, to both; in step 3 the size of the overlap; in step 4 the common elements. Nothing else, for
partners who follow the protocol (the semi-honest model). A partner who lies about his set can test values: against
that stand signed commitments, size caps and query budgets, not mathematics.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from stillwatch.model.errors import RefusedError
from stillwatch.share.oprf import ELEMENT_BYTES, OUTPUT_BYTES, Oprf, output

T = TypeVar("T")

TAG_BYTES = 16
NONCE_BYTES = 32
_POSITION_BYTES = 4


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the asker keeps to himself: his values in the order he sent them, the blind, the nonce of the commitment."""

    values: tuple[bytes, ...]
    blind: bytes
    nonce: bytes
    evaluated: bytes = b""
    overlap: int = -1


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the answerer keeps to himself: key, values, their elements, and the order he answered in."""

    key: bytes
    values: tuple[bytes, ...]
    elements: bytes
    nonce: bytes
    order: tuple[int, ...] = ()


def unique(values: Iterable[bytes]) -> tuple[bytes, ...]:
    """The values once each, in a random order, so that the order says nothing."""
    return tuple(_shuffled(sorted(set(values))))


def commitment(values: Iterable[bytes], nonce: bytes) -> str:
    """Commitment to a set: whoever opens it later, to an auditor, shows `nonce` and the values."""
    digests = sorted(hashlib.sha256(value).digest() for value in set(values))
    hashed = hashlib.sha256(b"stillwatch psi commitment v1" + nonce + len(digests).to_bytes(8, "big"))
    hashed.update(b"".join(digests))
    return hashed.hexdigest()


def ask(oprf: Oprf, values: Iterable[bytes]) -> tuple[Asked, bytes]:
    """Round 1: what to keep, and the blinded elements to send."""
    asked = Asked(values=unique(values), blind=oprf.random_scalar(), nonce=secrets.token_bytes(NONCE_BYTES))
    return asked, b"".join(oprf.each(lambda value: oprf.blind(value, asked.blind), asked.values))


def prepare(oprf: Oprf, values: Iterable[bytes]) -> Answer:
    """The answerer's set under a new key. It needs no message of the asker, so it can be made ahead."""
    key, mine = oprf.random_scalar(), unique(values)
    elements = oprf.each(lambda value: oprf.multiply(key, oprf.to_group(value)), mine)
    return Answer(key=key, values=mine, elements=b"".join(elements), nonce=secrets.token_bytes(NONCE_BYTES))


def answer(oprf: Oprf, prepared: Answer, blinded: bytes) -> tuple[Answer, bytes]:
    """Round 2: what to keep, and the evaluated elements in a random order followed by the tags of our set.

    Raises `RefusedError` if `blinded` repeats an element or this key has answered before (`contradictory`), or if it
    holds what is no element (`malformed`).
    """
    if prepared.order:
        raise RefusedError("contradictory", "this key has answered already; every session has its own")
    elements = _cut(blinded, ELEMENT_BYTES)
    if len(set(elements)) != len(elements):
        raise RefusedError("contradictory", "an element is there twice, which would mark it")
    order = tuple(_shuffled(range(len(elements))))
    evaluated = oprf.each(lambda element: oprf.multiply(prepared.key, element), elements)
    tags = sorted(_tag(element) for element in _cut(prepared.elements, ELEMENT_BYTES))
    kept = msgspec.structs.replace(prepared, order=order)
    return kept, b"".join([*(evaluated[position] for position in order), *tags])


def overlap(oprf: Oprf, asked: Asked, reply: bytes, their_size: int) -> Asked:
    """Round 3, for the asker: `overlap` is how many of his elements are in the other set.

    Raises `RefusedError` if the reply has not the length of both sets or holds what is no element.
    """
    border = len(asked.values) * ELEMENT_BYTES
    if len(reply) != border + their_size * TAG_BYTES:
        raise RefusedError("malformed", "the reply has not the length of both sets")
    tags = frozenset(_cut(reply[border:], TAG_BYTES))
    if len(tags) != their_size:
        raise RefusedError("contradictory", "a tag is there twice")
    plain = unblinded(oprf, asked, reply[:border])
    found = sum(_tag(element) in tags for element in plain)
    common_at = b"".join(element for element in plain if _tag(element) in tags)
    return msgspec.structs.replace(asked, evaluated=reply[:border] + common_at, overlap=found)


def unblinded(oprf: Oprf, asked: Asked, evaluated: bytes) -> list[bytes]:
    """The elements of a reply with our blind taken off, in the order of the reply."""
    inverse = oprf.invert(asked.blind)
    return oprf.each(lambda element: oprf.multiply(inverse, element), _cut(evaluated, ELEMENT_BYTES))


def order_to_bytes(order: Sequence[int]) -> bytes:
    """An order as it is attached to a message."""
    return b"".join(position.to_bytes(_POSITION_BYTES, "big") for position in order)


def common(oprf: Oprf, asked: Asked, order: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """Round 5, for the asker: the common values, sorted, and the outputs of the function for them.

    Raises `RefusedError` if `order` is no order of our elements.
    """
    positions = [int.from_bytes(part, "big") for part in _cut(order, _POSITION_BYTES)]
    if sorted(positions) != list(range(len(asked.values))):
        raise RefusedError("contradictory", "not an order of the elements that were sent")
    border = len(asked.values) * ELEMENT_BYTES
    shared = frozenset(_cut(asked.evaluated[border:], ELEMENT_BYTES))
    plain = unblinded(oprf, asked, asked.evaluated[:border])
    pairs = [(asked.values[position], plain[at]) for at, position in enumerate(positions)]
    found = sorted((value, element) for value, element in pairs if element in shared)
    return tuple(value for value, _ in found), b"".join(output(value, element) for value, element in found)


def matched(kept: Answer, outputs: bytes) -> tuple[bytes, ...]:
    """Round 6, for the answerer: the common values, sorted.

    Raises `RefusedError` if an output belongs to no value of ours: the asker cannot have it from our answer.
    """
    elements = _cut(kept.elements, ELEMENT_BYTES)
    ours = {output(value, element): value for value, element in zip(kept.values, elements, strict=True)}
    named = _cut(outputs, OUTPUT_BYTES)
    if len(set(named)) != len(named) or not set(named) <= ours.keys():
        raise RefusedError("contradictory", "names an element that is not in our set, or one twice")
    return tuple(sorted(ours[one] for one in named))


def _tag(element: bytes) -> bytes:
    return hashlib.sha256(b"stillwatch psi tag v1" + element).digest()[:TAG_BYTES]


def _cut(data: bytes, width: int) -> list[bytes]:
    if len(data) % width:
        raise RefusedError("malformed", f"{len(data)} bytes are no whole number of items of {width}")
    return [data[start : start + width] for start in range(0, len(data), width)]


def _shuffled(items: Iterable[T]) -> list[T]:
    mixed = list(items)
    secrets.SystemRandom().shuffle(mixed)
    return mixed
