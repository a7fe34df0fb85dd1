"""Which groups are formed: content that its members send much oftener than anybody else must hold one together."""

from __future__ import annotations

import numpy as np
import pytest
from tests.incidences import block, drawn, put_holdings

from stillwatch.link.groups import GroupSettings, form_groups
from stillwatch.link.incidence import Incidence, read_incidence
from stillwatch.store.duck import DuckTables

KINDS = {"email_pattern": (60, 1), "client": (9000, 1), "issuer": (9000, 1), "net24": (9000, 1)}
POOL = range(101, 141)
NOBODY = np.empty(0, np.int64)


def world(t: DuckTables, kind: str, senders: int, others: int) -> Incidence:
    """2,000 accounts at random; forty share clients, cards and exits, and `senders` of them a value that `others` of
    all others have too."""
    rows = drawn(np.random.default_rng(5), accounts=2000, kinds={**KINDS, "template": (9000, 1)})
    rows += block(POOL, ["client", "issuer", "net24"])
    rows += block([*POOL[:senders], *range(500, 500 + others)], [kind], value=7)
    put_holdings(t, rows, accounts=2000)
    return read_incidence(t)


def formed(held: Incidence, settings: GroupSettings | None = None) -> list[list[int]]:
    seed = np.searchsorted(held.accounts, np.array(POOL)).astype(np.int64)
    groups = form_groups(held, [seed], NOBODY, NOBODY, settings)
    return [held.accounts[g.members].tolist() for g in groups]


@pytest.mark.parametrize(
    ("senders", "others", "forms"),
    [(40, 0, True), (40, 60, True), (40, 300, False), (2, 0, False)],
    ids=["theirs alone", "one in thirty others", "one in seven others", "two of forty"],
)
def test_content_that_others_send_as_well_holds_nobody_together(
    t: DuckTables, senders: int, others: int, forms: bool
) -> None:
    assert forms is bool(formed(world(t, "template", senders, others)))


def test_what_a_few_send_more_often_than_anybody_is_told_by_a_setting(t: DuckTables) -> None:
    held = world(t, "template", 40, 300)
    assert [list(POOL)] == formed(held, GroupSettings(telling_bits=2.0))
