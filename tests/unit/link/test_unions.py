"""Pieces of one pool: rare facts that two groups share tie them, common ones and none do not."""

from __future__ import annotations

import numpy as np
import pytest
from tests.incidences import block, drawn, put_holdings

from stillwatch.link.incidence import Incidence, read_incidence
from stillwatch.link.membership import described
from stillwatch.link.report import write_members, write_values
from stillwatch.link.ties import Ties
from stillwatch.link.unions import unions, united, without_some
from stillwatch.store.duck import DuckTables

KINDS = {
    "email_pattern": (60, 1),
    "issuer": (40, 1),
    "system": (300, 1),
    "neighbour": (9000, 1),
    "payment_kind": (3, 1),
}
FIRST, SECOND, THIRD = range(101, 121), range(121, 141), range(141, 161)


def world(t: DuckTables, shared: str = "neighbour", holders: int = 6) -> Incidence:
    """600 accounts at random; three groups with a system text each, and a few of the first two share a value."""
    kinds = {shared: (9000, 1), **KINDS}  # everybody has some value, or having one at all would say something
    rows = drawn(np.random.default_rng(5), accounts=600, kinds=kinds)
    for value, members in enumerate((FIRST, SECOND, THIRD)):
        rows += block(members, ["system"], value=value + 1)
    rows += block([*FIRST[:holders], *SECOND[:holders]], [shared])
    rows += block(range(300, 302), [shared])
    put_holdings(t, rows, accounts=600)
    return read_incidence(t)


def codes(held: Incidence) -> list[np.ndarray]:
    return [np.searchsorted(held.accounts, np.array(g)).astype(np.int64) for g in (FIRST, SECOND, THIRD)]


def test_a_rare_value_that_a_few_of_both_hold_ties_two_groups(t: DuckTables) -> None:
    held = world(t)
    assert [[0, 1]] == unions(codes(held), Ties(held))


@pytest.mark.parametrize("shared", ["system", "payment_kind"], ids=["a system text", "a coarse fact"])
def test_what_strangers_share_does_not_tie(t: DuckTables, shared: str) -> None:
    held = world(t, shared)
    assert [] == unions(codes(held), Ties(held))


@pytest.mark.parametrize(("holders", "tied"), [(6, [[0, 1]]), (5, [])], ids=["30%", "25%"])
def test_a_frame_ties_if_enough_of_both_send_it(t: DuckTables, holders: int, tied: list[list[int]]) -> None:
    held = world(t, "template", holders)
    assert tied == unions(codes(held), Ties(held))


def test_a_frame_that_anybody_sends_does_not_tie(t: DuckTables) -> None:
    held = world(t, "template")
    public = held.key[held.of_kind("template")]
    assert [] == unions(codes(held), Ties(held, public))


def test_what_leads_from_one_crowd_to_the_next_does_not_chain_them(t: DuckTables) -> None:
    """The first two have many cards in common, the third one with the second: too little against both together."""
    rows = drawn(np.random.default_rng(5), accounts=600, kinds=KINDS)
    for value, members in enumerate((FIRST, SECOND, THIRD)):
        rows += block(members, ["system"], value=value + 1)
    for card in range(8):
        rows += block([FIRST[card], SECOND[card]], ["neighbour"], value=20 + card)
    rows += block([SECOND[19], THIRD[18]], ["neighbour"], value=41)
    put_holdings(t, rows, accounts=600)
    held = read_incidence(t)
    ties = Ties(held)
    weakly = float(ties.between([ties.piece(g) for g in codes(held)])[1, 2]) - np.log2(3) - 0.01
    assert [[0, 1]] == unions(codes(held), ties, least_bits=weakly)


@pytest.mark.parametrize("groups", [0, 1])
def test_one_group_has_nobody_to_join(t: DuckTables, groups: int) -> None:
    held = world(t)
    assert [] == unions(codes(held)[:groups], Ties(held))


def test_the_whole_favours_the_content_of_each_piece(t: DuckTables) -> None:
    held = world(t)
    pieces = codes(held)
    whole = united(held, pieces, [True] * 3)
    assert whole.members.tolist() == sorted(np.concatenate(pieces).tolist())
    system = held.of_kind("system")
    assert {int(v) for p in pieces for v in united(held, [p], [True]).favoured if system[v]} <= set(
        whole.favoured.tolist()
    )
    assert len(whole.favoured) == len(whole.lift_bits)
    assert (np.diff(whole.favoured) > 0).all()


def test_a_doubtful_piece_brings_only_who_is_likely_to_belong(t: DuckTables) -> None:
    held = world(t)
    first, second, _ = codes(held)
    stranger = np.searchsorted(held.accounts, np.array([500]))
    mixed = np.union1d(second, stranger)
    assert stranger[0] not in united(held, [first, mixed], [True, False]).members
    assert stranger[0] in united(held, [first, mixed], [True, True]).members


def test_who_is_left_keeps_what_the_whole_favours(t: DuckTables) -> None:
    """Three hold the whole's second text; of those that are left two do, too few to favour it anew."""
    held = world(t)
    whole = united(held, codes(held)[:2], [True, True])
    write_members(t, held, [whole])
    write_values(t, held, [whole])
    left = whole.members[3:]
    (rest,) = without_some(t, held, {0: left})
    assert left.tolist() == rest.members.tolist()
    assert whole.favoured.tolist() == rest.favoured.tolist()
    assert np.round(whole.log_odds[3:], 6).tolist() == rest.log_odds.tolist()
    assert len(left) == len(rest.family_bits)


def test_what_an_organization_gives_its_accounts_is_favoured_only_where_most_are_its(t: DuckTables) -> None:
    """Ten accounts of a firm share a card and a text; with ten strangers who send the same the card says nothing."""
    rows = drawn(np.random.default_rng(5), accounts=600, kinds=KINDS)
    firm, strangers = range(101, 111), range(121, 132)
    rows += block(firm, ["organization", "instrument"]) + block([*firm, *strangers], ["system"], value=3)
    put_holdings(t, rows, accounts=600)
    held = read_incidence(t)
    card = int(np.flatnonzero(held.of_kind("instrument"))[0])
    code = np.searchsorted(held.accounts, np.array([*firm, *strangers])).astype(np.int64)
    assert held.owned[card]
    assert card in described(held, code[:10]).favoured
    assert card not in described(held, code).favoured
