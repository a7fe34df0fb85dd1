"""What ties two groups: rare facts beyond chance, of accounts that are in one of them only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.incidences import block, drawn, put_holdings

from stillwatch.link.incidence import Incidence, read_incidence
from stillwatch.link.ties import Ties, TieSettings
from stillwatch.link.unions import LEAST_BITS
from stillwatch.model.families import BY_CODE
from stillwatch.model.kernels.tails import poisson_log2_tail
from stillwatch.store.duck import DuckTables

KINDS = {"email_pattern": (60, 1), "issuer": (40, 1), "payment_kind": (3, 1)}
FIRST, SECOND, THIRD = range(101, 121), range(121, 141), range(141, 161)


def world(t: DuckTables, shared: str = "neighbour", holders: int = 6) -> Incidence:
    """600 accounts at random; a few of the first two groups share a value, and so do two strangers."""
    rows = drawn(np.random.default_rng(5), accounts=600, kinds={shared: (9000, 1), **KINDS})
    rows += block([*FIRST[:holders], *SECOND[:holders]], [shared])
    rows += block(range(300, 302), [shared])
    put_holdings(t, rows, accounts=600)
    return read_incidence(t)


def codes(held: Incidence, *groups: range) -> list[np.ndarray]:
    return [np.searchsorted(held.accounts, np.array(g)).astype(np.int64) for g in groups]


def tied(ties: Ties, first: np.ndarray, second: np.ndarray) -> float:
    return float(ties.to(ties.piece(first), [ties.piece(second)])[0])


@pytest.mark.parametrize(
    "shared", ["client", "params", "continuation", "reasoning_replay", "metadata", "end_user"]
)
def test_a_tool_or_a_customer_is_never_enough(t: DuckTables, shared: str) -> None:
    """Twenty of both have it and nobody else: worth what a tool may be worth, where a card would tie them for sure."""
    held, s = world(t, shared, 20), TieSettings()
    first, second = codes(held, FIRST, SECOND)
    without = tied(Ties(held, settings=replace(s, tool_bits=0.0)), first, second)
    assert 0 < tied(Ties(held, settings=s), first, second) - without <= s.tool_bits + 1e-9
    assert s.tool_bits < LEAST_BITS
    assert tied(Ties(held, settings=replace(s, tool_bits=s.most_bits)), first, second) > 3 * LEAST_BITS


def test_what_chance_explains_does_not_tie(t: DuckTables) -> None:
    held = world(t, holders=0)
    ties = Ties(held)
    assert ties.between([ties.piece(g) for g in codes(held, FIRST, SECOND, THIRD)]).max() < 4


def test_who_is_in_both_groups_ties_nothing(t: DuckTables) -> None:
    """The holders of the card are members of both: what an account shares with itself says nothing."""
    held = world(t)
    ties = Ties(held)
    holders = codes(held, [*FIRST[:6], *SECOND[:6]])[0]
    first, second = codes(held, FIRST, SECOND)
    assert tied(ties, first, second) > 2 * LEAST_BITS
    assert tied(ties, np.union1d(first, holders), np.union1d(second, holders)) < LEAST_BITS
    assert tied(ties, first, first) == 0.0


def test_a_preference_of_two_crowds_is_worth_less_than_rare_cards(t: DuckTables) -> None:
    """Half of either crowd like a mail domain that one in a hundred others use: far beyond a fixed chance, and still
    worth less than three card ranges that nobody else has."""
    kinds = {"email_domain": (3000, 1), "neighbour": (90_000, 1)}
    rows = drawn(np.random.default_rng(5), accounts=6000, kinds=kinds)
    left, right = range(1001, 1101), range(1101, 1201)
    rows += block([*left[:50], *right[:50], *range(2000, 2060)], ["email_domain"], value=7)
    for card in range(3):
        rows += block([left[card], right[card]], ["neighbour"], value=card)
    put_holdings(t, rows, accounts=6000)
    held = read_incidence(t)
    ties = Ties(held, settings=TieSettings(wide=1000))
    first, second = map(ties.piece, codes(held, left, right))
    found = {BY_CODE[tie.kind].name: tie for tie in ties.why(first, second)}
    domain = found["email_domain"]
    assert -poisson_log2_tail(domain.values, domain.expected) > 30
    assert found["neighbour"].bits > domain.bits > 0


def test_what_ties_two_does_not_depend_on_who_else_is_looked_at(t: DuckTables) -> None:
    held = world(t, "template", 20)
    ties = Ties(held)
    pieces = [
        ties.piece(g) for g in codes(held, FIRST, SECOND, THIRD, range(111, 151))
    ]  # the last lies in all others
    every = ties.between(pieces)
    assert every[0, 1] > 0
    assert every[0, 3] > 0
    for a, b in ((0, 1), (0, 2), (2, 1), (0, 3), (3, 1), (2, 3)):
        assert every[a, b] == every[b, a] == ties.to(pieces[a], [pieces[b]])[0]


@pytest.mark.parametrize("shared", ["neighbour", "template"])
def test_who_is_in_both_is_taken_off_as_if_never_there(t: DuckTables, shared: str) -> None:
    """The groups overlap by a third, and who sends a frame is often just above or below the share that is asked for."""
    held, rng = world(t, shared, 9), np.random.default_rng(17)
    ties, everybody = Ties(held), np.sort(np.concatenate(codes(held, FIRST, SECOND, THIRD)))
    seen = 0.0
    for _ in range(30):
        first, second = (np.sort(rng.choice(everybody, 30, replace=False)) for _ in range(2))
        apart = np.setdiff1d(first, second), np.setdiff1d(second, first)
        assert tied(ties, first, second) == tied(ties, *apart)
        assert ties.why(*map(ties.piece, (first, second))) == ties.why(*map(ties.piece, apart))
        seen = max(seen, tied(ties, *apart))
    assert seen > 1


def test_where_facts_shall_tie_what_is_sent_counts_like_a_tool(t: DuckTables) -> None:
    """Twenty of both send a frame that nobody else sends; a card they have in common counts as before."""
    held, s = world(t, "template", 20), TieSettings()
    first, second = codes(held, FIRST, SECOND)
    without = tied(Ties(held, settings=replace(s, tool_bits=0.0)).of_facts(), first, second)
    assert tied(Ties(held), first, second) > 3 * LEAST_BITS
    assert s.tool_bits == pytest.approx(tied(Ties(held).of_facts(), first, second) - without)


def test_facts_tie_as_before(t: DuckTables) -> None:
    held = world(t)
    first, second = codes(held, FIRST, SECOND)
    assert tied(Ties(held), first, second) == tied(Ties(held).of_facts(), first, second) > LEAST_BITS


def test_why_names_what_is_shared_and_what_chance_gives(t: DuckTables) -> None:
    held = world(t)
    ties = Ties(held)
    first, second = codes(held, FIRST, SECOND)
    best = ties.why(ties.piece(first), ties.piece(second))[0]
    assert ("neighbour", 6) == (BY_CODE[best.kind].name, best.values)
    assert 0 < best.expected < 0.5
    assert best.bits <= TieSettings().most_bits
