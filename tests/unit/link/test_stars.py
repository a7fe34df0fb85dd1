"""Stars: a crowd counts only if its members are alike in other families too."""

from __future__ import annotations

import numpy as np
from tests.incidences import block, drawn, put_holdings

from stillwatch.link.incidence import read_incidence
from stillwatch.link.stars import StarSettings, is_star, validated_stars
from stillwatch.store.duck import DuckTables

KINDS = {"client": (12, 1), "email_pattern": (40, 1), "issuer": (30, 1), "signup_hour": (500, 1)}


def keys_of_stars(t: DuckTables) -> set[int]:
    held = read_incidence(t)
    return set(held.key[validated_stars(held).value].tolist())


def test_crowds_drawn_at_random_are_not_validated(t: DuckTables) -> None:
    rng = np.random.default_rng(11)
    rows = drawn(rng, accounts=2000, kinds=KINDS)
    for star in range(200):
        members = rng.choice(2000, size=rng.integers(5, 200), replace=False) + 1
        rows += block(members.tolist(), ["template"], value=1 + star)
    put_holdings(t, rows, accounts=2000)
    held = read_incidence(t)
    found = validated_stars(held)
    assert len(found) <= 0.05 * (200 + 12 + 40 + 30), held.key[found.value]


def test_a_crowd_that_is_alike_elsewhere_is_validated(t: DuckTables) -> None:
    rows = drawn(np.random.default_rng(12), accounts=1000, kinds=KINDS)
    rows += block(range(1, 61), ["template"], value=1) + block(
        range(1, 50), ["issuer", "email_pattern"], value=2
    )
    rows += block(range(500, 600), ["template"], value=3)
    put_holdings(t, rows, accounts=1000)
    found = keys_of_stars(t)
    assert 1 in found
    assert 3 not in found


def test_what_everybody_holds_is_no_star(t: DuckTables) -> None:
    rows = drawn(np.random.default_rng(13), accounts=300, kinds=KINDS)
    rows += block(range(1, 201), ["template", "system"], value=1)
    put_holdings(t, rows, accounts=300)
    assert 1 not in keys_of_stars(t)


def test_likeness_in_its_own_family_does_not_count(t: DuckTables) -> None:
    rows = block(range(1, 31), ["template", "system", "tools"], value=1)
    put_holdings(t, rows, accounts=500)
    assert set() == keys_of_stars(t)


def test_flags_mark_the_stars(t: DuckTables) -> None:
    rows = drawn(np.random.default_rng(12), accounts=1000, kinds=KINDS)
    rows += block(range(1, 61), ["template", "issuer", "email_pattern"], value=1)
    put_holdings(t, rows, accounts=1000)
    held = read_incidence(t)
    stars = validated_stars(held, StarSettings(fdr=0.001))
    assert stars.value.tolist() == np.flatnonzero(is_star(held, stars)).tolist()
