"""Fuzz of what comes in: any bytes, and valid messages with something changed, are refused and change nothing."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.labs import Lab, introduce, make_lab, make_terms

from stillwatch.model.errors import RefusedError
from stillwatch.share.agreement import Terms
from stillwatch.share.canonical import decode, encode
from stillwatch.share.envelope import open_frame, split
from stillwatch.share.inbox import examine
from stillwatch.share.messages import MESSAGE_LIMIT, Signed, Summary

SUMMARY = Summary(campaign="ab" * 16, epoch=0, method="rounded", accounts=300, exchanges=9000)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@cache
def _labs() -> tuple[Lab, Lab, Terms, bytes]:
    """Two labs and a valid message from the first to the second that is never delivered."""
    folder = Path(tempfile.mkdtemp())
    a, b = make_lab("a", folder), make_lab("b", folder)
    terms = make_terms(a, b)
    introduce(a, b, terms)
    return a, b, terms, a.send(b, terms, SUMMARY).to_bytes()


def _refused(data: bytes) -> str:
    """The reason of the second lab. What examines can only read, so what it refuses changes nothing."""
    _, b, _, _ = _labs()
    with b.reading() as store:
        opened = examine(store, b.id, data, int(b.at.timestamp()))
    assert opened.error is not None
    return opened.error.reason


def test_a_refusal_leaves_the_ledger_and_nothing_else() -> None:
    """The same through the whole desk, for one of each kind."""
    _, b, _, data = _labs()
    before = {t: b.rows(t) for t in ("partners", "agreements", "corroborations", "reviews", "shared")}
    for bad in (b"", data[:-1], data[:40], data + b"x", data.replace(b"300", b"301"), b"\xff" * 100):
        receipt, answer = b.desk().handle(bad)
        assert not receipt.accepted and not answer and receipt.reason
    assert before == {t: b.rows(t) for t in before}
    assert [False] * 6 == [row["accepted"] for row in b.rows("received")]


@given(data=st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_bytes(data: bytes) -> None:
    """Noise."""
    assert _refused(data) in ("malformed", "oversized")


@given(value=JSON)
@settings(max_examples=60, deadline=None)
def test_any_json(value: object) -> None:
    """Other people's JSON."""
    body = json.dumps(value).encode()
    assert "malformed" == _refused(len(body).to_bytes(4, "big") + body)


@given(at=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
@settings(max_examples=150, deadline=None)
def test_one_byte_changed(at: float, flip: int) -> None:
    """Anywhere in a valid message."""
    data = bytearray(_labs()[3])
    data[int(at * len(data))] ^= flip
    _refused(bytes(data))


@given(path=st.lists(st.integers(0, 20), min_size=1, max_size=4), value=JSON)
@settings(max_examples=150, deadline=None)
def test_one_field_changed(path: list[int], value: object) -> None:
    """A field replaced by something else, put back into canonical form: the signature no longer holds."""
    tree = json.loads(_labs()[3][4:])
    place = tree
    for step in path[:-1]:
        key = sorted(place)[step % len(place)]
        if isinstance(place[key], dict) and place[key]:
            place = place[key]
    key = sorted(place)[path[-1] % len(place)]
    if place[key] == value and type(place[key]) is type(value):
        return
    place[key] = value
    body = json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert _refused(len(body).to_bytes(4, "big") + body)


@given(cut=st.integers(0, 10_000), more=st.binary(max_size=8))
@settings(max_examples=60, deadline=None)
def test_cut_off_or_longer(cut: int, more: bytes) -> None:
    """A message without its end, or with something behind it."""
    data = _labs()[3]
    changed = data[: cut % len(data)] + more
    if changed != data:
        assert _refused(changed) in ("malformed", "oversized", "contradictory", "wrong_signature")


def test_a_message_has_one_form() -> None:
    """White space, another order of fields, a field twice, another spelling of a letter: all refused."""
    a, b, _, data = _labs()
    plain = split(data).signed
    card = a.identity.card("a")
    now = int(b.at.timestamp())
    assert open_frame(split(data), card, b.id, now).body == SUMMARY
    tree = json.loads(plain)
    others = (
        json.dumps(tree).encode(),
        plain.replace(b'"accounts":300', b'"accounts":300,"accounts":300'),
        plain.replace(b'"rounded"', b'"r\\u006funded"'),
        plain.replace(b"300", b"300.0"),
        b" " + plain,
    )
    for other in others:
        try:
            decode(other, Signed, limit=MESSAGE_LIMIT)
        except RefusedError as error:
            assert "malformed" == error.reason
        else:
            raise AssertionError(other)


@given(value=st.integers(0, 10**12), text=st.text(max_size=40))
def test_canonical_bytes_round_trip(value: int, text: str) -> None:
    """What was written is read, and only in that form."""

    class Record(msgspec.Struct, forbid_unknown_fields=True):
        b: int
        a: str

    data = encode(Record(value, text))
    assert Record(value, text) == decode(data, Record, limit=10_000)
    assert data.startswith(b'{"a":')
