"""Servers and partners that lie: all of it is taken or refused with a reason, and a refusal leaves nothing."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fixtures_results import DISTILLATION, write_results
from tests.labs import Lab, introduce, make_lab, make_terms
from tests.properties.test_inbound import JSON

from stillwatch.app.commands.taxii import _plain, _summed
from stillwatch.app.taxii_work import CHECKPOINT, REFUSED, Server, listed, pull, push
from stillwatch.model.errors import StillwatchError
from stillwatch.model.kernels.hashing import HashKey
from stillwatch.share.agreement import Terms
from stillwatch.share.bundles.say import bundle_of
from stillwatch.share.bundles.take import take_bundle
from stillwatch.share.finding import read_scan
from stillwatch.share.inbound.bundle import read_bundle
from stillwatch.share.inbound.strict_json import Limits, RefusedError, read_json
from stillwatch.share.partners import find_partner
from stillwatch.share.publication import Publication
from stillwatch.share.stix.bundle import stix_objects
from stillwatch.share.stix.objects import identity_id
from stillwatch.share.taxii.client import Send, TaxiiClient
from stillwatch.share.taxii.http import MEDIA, Response

CALM = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
URL = "https://liar.example/taxii2/"
ADDED = "x-taxii-date-added-last"
LIMITS = Limits(bytes=60_000, objects=60)
DISCOVERY = {"title": "T", "default": "https://liar.example/api/", "api_roots": ["https://liar.example/api/"]}
COLLECTIONS = {"collections": [{"id": "c", "title": "C", "can_read": True, "can_write": True}]}
STATUS = {"id": "s", "status": "complete", "total_count": 1, "success_count": 1, "failure_count": 0}
STRANGE = [
    None, True, 0, -1, 10**30, 1.5, "", "x" * 70_000, [], {}, [[]], "\ud800", "\x1b[2J", "http://[", "//",
    "https://a b/",
    "/ä/", "https://liar.example/api/\n", "https://liar.example:x/", "https://liar.example:443/", ["\udfff"],
    {"objects": {}}, [None], [{"id": None}], [{"id": ["c"]}], "2026-11-02T00:00:00.000Z",
]  # fmt: skip

TIMES = ("", "2026-11-02T00:00:00.000Z", "a/b/c", "9" * 300, "\x1b[2J", "2026-99-99T00:00:00Z")


@dataclass(frozen=True)
class Lying(Server):
    """A server that answers what it was given, one answer after the other; the last for ever."""

    answers: tuple[Response, ...] = ()

    def client(self) -> TaxiiClient:
        return TaxiiClient(_from(self.answers), self.url, "us", "secret", limits=LIMITS)


def _from(answers: Sequence[Response]) -> Send:
    left = iter(answers[:-1])
    return lambda *_asked: next(left, answers[-1])


@cache
def _objects() -> list[dict[str, Any]]:
    """Objects of a valid bundle."""
    folder = write_results(Path(tempfile.mkdtemp()), plans=[DISTILLATION[0].sized(3)])
    scan = read_scan(folder)
    made = stix_objects(scan, Publication("liar", scan.at, HashKey.from_bytes(bytes(16)), tlp="amber+strict"))
    return json.loads(json.dumps(list(made)))  # type: ignore[no-any-return]


def _response(told: Any, *, added: str = "", status: int = 200, kind: str = MEDIA) -> Response:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return Response(status, body, {"content-type": kind, **({ADDED: added} if added else {})})


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something could be put in the place of something else."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from _places(one, (*path, name))


def _changed(draw: st.DrawFn, value: Any) -> Any:
    """A value with something else in one place."""
    fresh = copy.deepcopy(value)
    *before, last = draw(st.sampled_from(list(_places(fresh))[1:] or [()])) or (None,)
    if last is None:
        return draw(JSON)
    place = fresh
    for step in before:
        place = place[step]
    place[last] = draw(st.sampled_from(STRANGE) | JSON)
    return fresh


@st.composite
def lies(draw: st.DrawFn, told: Any) -> Response:
    """A message as it should be, or damaged: changed, truncated, of another kind, or no message at all."""
    match draw(
        st.sampled_from(["true", "true", "changed", "changed", "cut", "deep", "noise", "kind", "huge"])
    ):
        case "changed":
            told = _changed(draw, told)
        case "cut":
            data = json.dumps(told).encode()
            told = data[: draw(st.integers(0, len(data) - 1))]
        case "deep":
            depth = draw(st.sampled_from([23, 24, 25, 1_000, 29_000]))
            told = draw(st.sampled_from([b"[" * depth, b'{"a":' * depth, b"[" * depth + b"]" * depth]))
        case "noise":
            told = draw(st.binary(max_size=200))
        case "huge":
            told = {**told, "title": "x" * draw(st.sampled_from([1_000, 70_000]))}
        case "kind":
            status = draw(st.sampled_from([202, 204, 301, 401, 404, 429, 500, 999]))
            kind = draw(st.sampled_from([MEDIA, "", "text/html", "application/taxii+json;version=9"]))
            return _response(_changed(draw, {"title": "T"}), status=status, kind=kind)
        case _:
            pass
    return _response(told, added=draw(st.sampled_from(TIMES)))


@st.composite
def pages(draw: st.DrawFn) -> tuple[Response, ...]:
    """All that a server answers to a pull: discovery, collections, some pages."""
    envelope = {"objects": _objects()[: draw(st.integers(0, 12))]}
    if draw(st.booleans()):
        envelope |= {"more": True, "next": draw(st.text(max_size=5) | st.sampled_from(STRANGE))}  # type: ignore[arg-type]
    honest = [_response(DISCOVERY), _response(COLLECTIONS)]
    start = honest if draw(st.booleans()) else [draw(lies(DISCOVERY)), draw(lies(COLLECTIONS))]
    return (*start, *draw(st.lists(lies(envelope), min_size=1, max_size=4)))


def _attempt(work: Callable[[], Any]) -> Any:
    """What came of it, or the error that was meant; any other error fails the test."""
    try:
        return work()
    except StillwatchError as error:
        str(error).encode()
        return error


@CALM
@given(pages())
def test_a_pull_is_taken_whole_or_leaves_nothing(answers: tuple[Response, ...]) -> None:
    with tempfile.TemporaryDirectory() as made:
        out = Path(made) / "in" / "out"
        told = _attempt(lambda: pull(Lying(URL, "us", answers=answers), "c", out))
        left = {path.relative_to(made).as_posix() for path in Path(made).rglob("*") if path.is_file()}
        if isinstance(told, StillwatchError) or not told["objects"]:
            assert left <= {f"in/out/{REFUSED}"}
            return
        (file,) = out.glob("pull-*.json")
        assert {f"in/out/{file.name}", f"in/out/{CHECKPOINT}"} == left
        assert told["objects"] == len(read_bundle(file.read_bytes(), now=datetime.now(UTC)))


@CALM
@given(st.tuples(lies(DISCOVERY), lies(COLLECTIONS), lies(STATUS)))
def test_lists_and_pushes_end_in_words_that_can_be_printed(answers: tuple[Response, ...]) -> None:
    with tempfile.TemporaryDirectory() as made:
        bundle = Path(made) / "b.json"
        bundle.write_text(json.dumps(bundle_of(_objects()[:3])), "utf-8")
        found = _attempt(lambda: listed(Lying(URL, "us", answers=answers)))
        # discovery, collections, the root again, status
        asked = (*answers[:2], answers[0], answers[2])
        said = _attempt(lambda: _summed(push(Lying(URL, "us", answers=asked), "c", bundle)))
    for told in (found, said):
        if not isinstance(told, StillwatchError):
            assert "\x1b" not in _plain(told)
            _plain(told).encode()


def test_a_second_pull_of_one_time_takes_no_earlier_ones_place(tmp_path: Path) -> None:
    """Otherwise a server could have us forget what it said."""
    at = "2026-11-02T00:00:00.000Z"
    for n in (3, 4):
        page = _response({"objects": _objects()[:n]}, added=at)
        pull(Lying(URL, "us", answers=(_response(DISCOVERY), _response(COLLECTIONS), page)), "c", tmp_path)
    assert 2 == len(list(tmp_path.glob("pull-*.json")))


def test_pages_without_end_or_objects_are_refused_for_their_bytes() -> None:
    """Each with a mark of its own and as large as one answer may be."""
    marks = iter(range(10_000))

    def send(*_asked: object) -> Response:
        return _response({"objects": [], "more": True, "next": str(next(marks)), "x": "y" * 50_000})

    with pytest.raises(RefusedError, match="more than 1,200,000 bytes"):
        TaxiiClient(send, URL, "us", "s", limits=LIMITS).pull("https://liar.example/api/", "c")


@pytest.mark.parametrize("start", ['"', '{"a": "', '{"a": "b", "'])
def test_a_string_that_never_ends_is_refused_in_one_pass(start: str) -> None:
    """Ten megabytes of escaped quotes; a pattern that tried again at each of them would take days."""
    with pytest.raises(RefusedError, match="is not JSON"):
        read_json((start + '\\"' * 4_900_000).encode(), Limits())


@pytest.mark.parametrize("text", [r'"\ud800"', r'{"\uDFFF": 1}', r'["\ud800a", "\udc00"]'])
def test_half_a_character_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="half a character"):
        read_json(text.encode(), Limits())


def test_both_halves_and_escaped_backslashes_are_taken() -> None:
    assert ["\U0001f600", "\\ud800"] == read_json(rb'["\ud83d\ude00", "\\ud800"]', Limits())


@cache
def _labs() -> tuple[Lab, Lab, Terms]:
    """Two labs whose terms allow findings."""
    folder = Path(tempfile.mkdtemp())
    a, b = make_lab("liar", folder), make_lab("us", folder)
    old = make_terms(a, b)
    terms = make_terms(a, b, messages=(*old.messages, "finding"), messages_per_minute=10_000)
    introduce(a, b, terms)
    return a, b, terms


KEPT = ("partners", "agreements", "corroborations", "reviews", "shared", "decisions", "exhibits", "notes")


@st.composite
def bundles(draw: st.DrawFn) -> bytes:
    """Bundles with something changed, cut, or of bytes."""
    told: Any = bundle_of(_objects())
    for _ in range(draw(st.integers(1, 2))):
        told = _changed(draw, told) if isinstance(told, dict) else told
    data = json.dumps(told).encode()
    return data[: draw(st.integers(0, len(data)))] if draw(st.integers(0, 4)) == 0 else data


@CALM
@given(bundles())
def test_a_bundle_is_entered_whole_or_recorded_and_changes_nothing(data: bytes) -> None:
    a, b, terms = _labs()
    b.later(minutes=2)  # so that no flood hides what is tested
    before = {table: b.rows(table) for table in KEPT}
    rows = b.rows("received")
    with b.writing("engineer") as store:
        taken = take_bundle(store, find_partner(store, a.name), terms.id, data, author=identity_id("liar"))
    fresh = b.rows("received")[len(rows) :]
    if taken.reason:
        assert before == {table: b.rows(table) for table in KEPT}
        assert [(False, taken.reason, None)] == [(r["accepted"], r["reason"], r["sealed"]) for r in fresh]
    else:
        assert all(row["accepted"] for row in fresh)
        assert len(taken.new) <= len(fresh)


def test_the_unchanged_bundle_is_entered() -> None:
    """Or nothing above would say anything."""
    a, b, terms = _labs()
    b.later(minutes=2)
    with b.writing("engineer") as store:
        sender: Mapping[str, Any] = {"author": identity_id("liar")}
        data = json.dumps(bundle_of(_objects())).encode()
        taken = take_bundle(store, find_partner(store, a.name), terms.id, data, **sender)
    assert "" == taken.reason
