"""The reader of bundles never fails in another way than by refusing, and takes nothing it was not meant to."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fixtures_results import DISTILLATION, write_results

from stillwatch.model.kernels.hashing import HashKey
from stillwatch.share.finding import read_scan
from stillwatch.share.inbound.bundle import read_bundle
from stillwatch.share.inbound.judge import judge
from stillwatch.share.inbound.properties import SHAPES
from stillwatch.share.inbound.strict_json import Limits, RefusedError, read_json
from stillwatch.share.publication import Publication
from stillwatch.share.stix.bundle import stix_bundle
from stillwatch.share.taxii.filters import read_page
from stillwatch.share.taxii.http import HttpError, accepts_taxii

CALM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NOW = datetime(2027, 1, 1, tzinfo=UTC)
WORDS = sorted({name for shape in SHAPES.values() for name in shape.allowed})
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([*WORDS, *SHAPES]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=8), inner, max_size=6)
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A valid bundle with the extension."""
    folder: Path = write_results(tmp_path_factory.mktemp("fuzz"), plans=[DISTILLATION[0].sized(3)])
    scan = read_scan(folder)
    key = HashKey.from_bytes(bytes(16))
    return stix_bundle(scan, Publication("Example AI", scan.at, key, profile="extended"))


def taken_or_refused(data: bytes) -> int:
    """How many objects were taken; 0 if it was refused, whatever the bytes."""
    try:
        return len(read_bundle(data, now=NOW, limits=Limits(bytes=300_000)))
    except RefusedError as refused:
        assert refused.code
        assert refused.what
        return 0


@CALM
@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    assert 0 == taken_or_refused(data)


@CALM
@given(JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:
    taken_or_refused(json.dumps(value).encode())
    taken_or_refused(json.dumps({"type": "bundle", "id": "x", "objects": value}).encode())


@CALM
@given(st.sampled_from(sorted(SHAPES)), st.dictionaries(st.sampled_from(WORDS), JSON, max_size=12))
def test_any_object_is_taken_or_refused(kind: str, names: dict[str, Any]) -> None:
    for thing in (names, {**names, "type": kind, "spec_version": "2.1"}):
        try:
            judge(thing, now=NOW, limits=Limits())
        except RefusedError as refused:
            assert refused.code


@CALM
@given(st.data())
def test_a_changed_bundle_is_taken_or_refused(valid: dict[str, Any], data: st.DataObject) -> None:
    """One value anywhere in a valid bundle is put in place of another, removed, or doubled."""
    changed = copy.deepcopy(valid)
    thing = data.draw(st.sampled_from(changed["objects"]))
    name = data.draw(st.sampled_from(sorted(thing)))
    match data.draw(st.sampled_from(["set", "drop", "add", "twice"])):
        case "set":
            thing[name] = data.draw(JSON)
        case "drop":
            del thing[name]
        case "add":
            thing[data.draw(st.sampled_from(WORDS) | st.text(max_size=8))] = data.draw(JSON)
        case _:
            changed["objects"].append({**thing, name: data.draw(JSON)})
    taken_or_refused(json.dumps(changed).encode())


@CALM
@given(st.data())
def test_damaged_bytes_of_a_valid_bundle_do_no_harm(valid: dict[str, Any], data: st.DataObject) -> None:
    text = bytearray(json.dumps(valid).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at] = data.draw(st.integers(0, 255))
    taken_or_refused(bytes(text[: data.draw(st.integers(0, len(text)))] or text))


def test_the_unchanged_bundle_is_taken(valid: dict[str, Any]) -> None:
    assert len(valid["objects"]) == taken_or_refused(json.dumps(valid).encode())


@CALM
@given(st.text(alphabet='{}[]",:\\a1 ', max_size=200))
def test_depth_is_never_underrated(text: str) -> None:
    """What is read is not nested deeper than allowed."""
    try:
        value = read_json(text.encode(), Limits(depth=3))
    except RefusedError:
        return
    assert depth(value) <= 3


def depth(value: Any) -> int:
    """How deep a value is nested."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


@CALM
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["limit", "next", "added_after", "match[id]", "match[version]", "match[x]"]),
            st.text(max_size=40),
        ),
        max_size=5,
    )
)
def test_any_query_is_read_or_answered_with_400(query: list[tuple[str, str]]) -> None:
    try:
        page = read_page(query, most=50)
    except HttpError as error:
        assert 400 == error.status
    else:
        assert 1 <= page.limit <= 50


@CALM
@given(st.text(max_size=60))
def test_any_accept_header_can_be_judged(text: str) -> None:
    assert accepts_taxii(text) in (True, False)
