"""Who resembles a group: what hardly anybody else holds counts, what many or all send does not."""

from __future__ import annotations

import numpy as np
import pytest
from tests.incidences import Held, block, drawn, put_holdings

from stillwatch.link import membership
from stillwatch.link.incidence import Incidence, read_incidence
from stillwatch.link.membership import MemberSettings
from stillwatch.link.resembling import ResembleSettings, Resembling, resembling
from stillwatch.model.families import KINDS
from stillwatch.store.duck import DuckTables

ACCOUNTS = 2_000
MEMBERS = range(101, 141)
ALIKE, SENDER, USER, ALIKE_BY_WHAT_ALL_SEND, ALIKE_BY_ONE = 500, 501, 502, 503, 504
BLAND = {"client": (60, 1), "template": (300, 2), "issuer": (30, 1)}
PRIVATE, OTHER, SPREAD, TOOL = 11, 12, 13, 14

ANYBODY = ResembleSettings(content_bits=-9, bits=-9, least=0)


def world(t: DuckTables) -> tuple[Incidence, np.ndarray]:
    """Forty members share two private frames, a frame that three hundred others send as well, and a rare client. Beside
    them an account that sends the private frames with that client, one that only sends them, one that only uses the
    client, one that uses the client and sends what many do, and one that sends a single private frame."""
    rows: list[Held] = drawn(np.random.default_rng(3), accounts=ACCOUNTS, kinds=BLAND)
    rows += block([*MEMBERS, ALIKE, SENDER, ALIKE_BY_ONE], ["template"], value=PRIVATE)
    rows += block([*MEMBERS, ALIKE, SENDER], ["template"], value=OTHER)
    rows += block([*MEMBERS, *range(600, 900), ALIKE_BY_WHAT_ALL_SEND], ["template"], value=SPREAD)
    for used in ("client", "params"):
        rows += block([*MEMBERS, ALIKE, USER, ALIKE_BY_WHAT_ALL_SEND, ALIKE_BY_ONE], [used], value=TOOL)
    put_holdings(t, rows, accounts=ACCOUNTS)
    held = read_incidence(t)
    return held, np.searchsorted(held.accounts, np.array(MEMBERS)).astype(np.int64)


def ids(held: Incidence, found: Resembling) -> list[int]:
    return held.accounts[found.accounts].tolist()


def test_who_sends_what_only_the_members_send_and_is_like_them_besides_resembles_them(t: DuckTables) -> None:
    held, members = world(t)
    assert [ALIKE] == ids(held, resembling(held, members, []))


def test_one_frame_alone_is_not_enough(t: DuckTables) -> None:
    held, members = world(t)
    assert [ALIKE, ALIKE_BY_ONE] == ids(held, resembling(held, members, [], ResembleSettings(least=1)))


def test_the_members_frames_are_weighed_by_how_rare_they_are_elsewhere(t: DuckTables) -> None:
    """As it is for members of a group that nobody knows yet, both frames weigh the same."""
    held, members = world(t)
    of = {own: resembling(held, members, [], ANYBODY) for own in (ALIKE, ALIKE_BY_WHAT_ALL_SEND)}
    bits = {own: found.family_bits[ids(held, found).index(own), 4] for own, found in of.items()}
    assert bits[ALIKE] > 6 > 3 > bits[ALIKE_BY_WHAT_ALL_SEND] > 0
    s, codes = MemberSettings(), np.searchsorted(held.accounts, list(of))
    favours = membership.Favours.of(held, *membership.favoured_by(held, members, s), s)
    asked, weights, _ = membership._weighed(held, members, favours, s, -50.0)
    plain = weights[np.searchsorted(asked, codes), 4]
    assert plain[0] == plain[1] < bits[ALIKE]


def test_what_anybody_may_send_speaks_for_nobody(t: DuckTables) -> None:
    held, members = world(t)
    assert [] == ids(held, resembling(held, members, [PRIVATE, OTHER]))


def test_what_they_share_is_told_with_what_chance_gives(t: DuckTables) -> None:
    held, members = world(t)
    ties = {tie.kind: tie for tie in resembling(held, members, []).why()}
    assert set(ties) == {KINDS[k].code for k in ("client", "params", "template")}
    frame = ties[KINDS["template"].code]
    assert frame.values == 2
    others = ACCOUNTS - len(MEMBERS)  # each sends something; three and two a private frame, 301 the other
    assert frame.expected == pytest.approx((3 + 2 + 301) / others, rel=1e-9)
    assert MemberSettings().most_bits < frame.bits <= MemberSettings().dedicated_bits  # half of what it sends


def test_added_to_the_members_it_weighs_what_made_it_resemble_them(t: DuckTables) -> None:
    held, members = world(t)
    found = resembling(held, members, [])
    whole = found.added_to(held, members)
    assert whole.members.tolist() == sorted([*members.tolist(), *found.accounts.tolist()])
    at = np.searchsorted(whole.members, found.accounts)
    np.testing.assert_array_equal(whole.family_bits[at], found.family_bits)
    assert (whole.log_odds[at] >= 0).all()


def test_those_among_others_keep_what_is_known_of_them(t: DuckTables) -> None:
    held, members = world(t)
    every = resembling(held, members, [], ANYBODY)
    some = every.among(every.accounts[1::2])
    assert len(some.accounts) > 3
    for name in ("accounts", "family_bits", "kind_bits", "values"):
        np.testing.assert_array_equal(getattr(some, name), getattr(every, name)[1::2])


def test_a_group_that_favours_nothing_has_nobody_who_resembles_it(t: DuckTables) -> None:
    put_holdings(t, drawn(np.random.default_rng(4), accounts=300, kinds=BLAND), accounts=300)
    held = read_incidence(t)
    found = resembling(held, np.array([0, 1, 2]), [])
    assert (len(found.accounts), found.why()) == (0, ())
