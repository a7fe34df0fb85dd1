"""What a profile claims is hashed and matched as the sketch of the log does it."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from tests.sketches import KEY
from tests.unit.attribute.actors.test_profile import GOOD

from stillwatch.attribute.actors.marks import columns_needed, hits, statements
from stillwatch.attribute.actors.networks import read_network
from stillwatch.attribute.actors.profile import read_profile
from stillwatch.model.errors import InputError
from stillwatch.model.input_tables import EXCHANGES
from stillwatch.model.kernels.address import ranges
from stillwatch.model.kernels.hashing import keyed_strings
from stillwatch.signals.tables.sketch import Sketcher


def exchanges(**columns: list[object]) -> pa.RecordBatch:
    n = len(next(iter(columns.values())))
    arrays = [pa.array(columns.get(f.name, [None] * n), f.type) for f in EXCHANGES.schema]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([(f.name, f.type) for f in EXCHANGES.schema]))


def keys(batch: pa.RecordBatch) -> pa.RecordBatch:
    networks = ranges(["198.51.100.0/24"], np.zeros(1, np.int64))
    return Sketcher(KEY, None, networks, np.ones(1, np.int16), np.array([64500])).batch(batch, 0)[0]


def mark(section: str, kind: str, value: str) -> str:
    head, _, rest = GOOD.partition("[[infrastructure]]")
    tail = rest[rest.index("statement") : rest.index("[[metadata]]")]
    return f'{head}[[{section}]]\nkind = "{kind}"\nvalues = ["{value}"]\n{tail}'


@pytest.mark.parametrize(
    ("section", "kind", "value", "column", "given", "key"),
    [
        ("infrastructure", "prefix", "198.51.100.0/24", "client_address", "198.51.100.9", "net_key"),
        ("infrastructure", "prefix", "198.51.100.8/29", "client_address", "198.51.100.9", "address_key"),
        ("infrastructure", "prefix", "2001:db8:77::/48", "client_address", "2001:db8:77:1::5", "net_key"),
        (
            "infrastructure",
            "prefix",
            "2001:db8:77:1::/64",
            "client_address",
            "2001:db8:77:1::5",
            "address_key",
        ),
        ("infrastructure", "asn", "AS64500", "client_address", "198.51.100.9", "asn_key"),
        ("infrastructure", "ja4", "t13d-x", "ja4", "t13d-x", "ja4_key"),
        ("infrastructure", "user_agent", "amber/1", "user_agent", "amber/1", "user_agent_key"),
        ("infrastructure", "header_order", "order-1", "header_order", "order-1", "header_key"),
        ("metadata", "end_user", "amber-7", "end_user", "amber-7", "end_user_key"),
    ],
)
def test_a_value_has_the_key_that_the_log_has(
    section: str, kind: str, value: str, column: str, given: str, key: str
) -> None:
    (s,) = statements(read_profile(mark(section, kind, value), where="x"), KEY, "")
    (seen,) = keys(exchanges(**{column: [given]})).column(key).to_pylist()
    assert seen in {value for _, value in s.held}


def test_patterns_find_accounts() -> None:
    batch = exchanges(
        account_id=["a", "b", "c", "d"],
        end_user=["amber-1", "mamber-1", None, "amber-"],
        request_metadata=[[("job", "x")], None, [("k", "1"), ("job", "heron-2")], [("job", "heronry")]],
        user_agent=["kit/1", "x kit/1", None, None],
        sdk=[None, None, None, "kit/2"],
    )
    known = {name: keyed_strings(pa.array([name]), KEY)[0] for name in "abcd"}

    def found(section: str, kind: str, value: str) -> set[str]:
        listed = statements(read_profile(mark(section, kind, value), where="x"), KEY, "")
        assert columns_needed(listed)
        pairs = hits(batch, listed, partial(keyed_strings, key=KEY))
        return {name for name, key in known.items() if (0, key) in pairs}

    assert {"a", "d"} == found("metadata", "end_user", "amber-*")
    assert {"c"} == found("metadata", "metadata", "job=heron-*")
    assert {"a", "d"} == found("metadata", "harness", "kit/*")
    sliced = batch.slice(2)
    listed = statements(read_profile(mark("metadata", "metadata", "job=heron-*"), where="x"), KEY, "")
    assert {(0, known["c"])} == hits(sliced, listed, partial(keyed_strings, key=KEY))


def test_indicators_of_another_key_cannot_be_read() -> None:
    profile = read_profile(GOOD, where="x")
    foreign = [s for s in statements(profile, KEY, "deadbeef") if s.id.startswith("campaigns")]
    ours = [s for s in statements(profile, KEY, "00ff00ff") if s.id.startswith("campaigns")]
    assert {("identity", "hard"), ("payment", "hard")} == {(s.family, s.faking) for s in ours}
    assert all(s.held and not s.unreadable for s in ours)
    assert all(not s.held and "another" not in s.unreadable and "deadbeef" in s.unreadable for s in foreign)


def test_a_shared_domain_is_not_hard_to_fake() -> None:
    plain = mark("metadata", "email_domain", "amber.example")
    (s,) = statements(read_profile(plain, where="x"), KEY, "")
    shared = plain.replace('kind = "email_domain"', 'kind = "email_domain"\nshared = true')
    (w,) = statements(read_profile(shared, where="x"), KEY, "")
    assert ("hard", "rented") == (s.faking, w.faking)


@pytest.mark.parametrize("text", ["10.0.0.0/8", "2001:db8::/32", "10.0.0.1/24", "x", ""])
def test_networks_that_are_no_mark(text: str) -> None:
    with pytest.raises(InputError):
        read_network(text)
