"""The graph of accounts and evidence: small, apart, the same each time."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.fixtures_results import DISTILLATION, OTHERS

from stillwatch.app.report.graph import CARD, LABEL, Graph, graph
from stillwatch.app.report.results import Results, read_results
from stillwatch.model.families import FAMILIES, KINDS


def crowd(*, shuffled: int = 0) -> Results:
    """A campaign in which every member has evidence of its own and every kind of value is shared."""
    dice = np.random.default_rng(5)
    names = [f"a{i:03}" for i in range(200)]
    members: list[Any] = [
        {"account_id": n, "role": dice.choice(["harvester", "relay"]), "weight_bits": 3.0} for n in names
    ]
    evidence: list[Any] = [
        {"account_id": n, "family": f, "weight_bits": 2.0}
        for n in names
        for f in FAMILIES
        if dice.random() < 0.5
    ]
    indicators: list[Any] = [
        {"kind": kind, "value_key": key * 977 - 3000, "accounts": key + 2, "rarity_bits": 4.0 + key}
        for kind in KINDS
        for key in range(9)
    ]
    if shuffled:
        for rows in (members, evidence, indicators):
            np.random.default_rng(shuffled).shuffle(rows)
    parts = {"members": members, "member_evidence": evidence, "indicators": indicators}
    return Results(Path("none"), {}, {}, {name: {"c": tuple(rows)} for name, rows in parts.items()})


def drawn(results: Results, name: str = "c") -> Graph:
    """The graph, which must be there."""
    made = graph(results, name)
    assert made is not None
    return made


def test_a_graph_stays_small_whatever_is_shared() -> None:
    assert len(drawn(crowd()).nodes) <= 60


def test_no_two_cards_overlap() -> None:
    nodes = drawn(crowd()).nodes
    columns = {kind: sorted(n.y for n in nodes if n.kind == kind) for kind in LABEL}
    assert all(b - a >= CARD for ys in columns.values() for a, b in pairwise(ys))


def test_every_card_is_within_the_drawing() -> None:
    made = drawn(crowd())
    assert all(0 <= n.x and n.x + n.width <= made.width for n in made.nodes)
    assert all(0 <= n.y and n.y + CARD <= made.height + 0.1 for n in made.nodes)


def test_the_order_of_rows_does_not_matter() -> None:
    assert drawn(crowd()) == drawn(crowd(shuffled=3))


@pytest.mark.parametrize("plan", [p.name for p in (*DISTILLATION, OTHERS[0])])
def test_labels_fit_their_cards(folder: Path, plan: str) -> None:
    nodes = drawn(read_results(folder), plan).nodes
    assert all(len(n.label) <= LABEL[n.kind] for n in nodes)


def test_groups_count_every_member_once(results: Results) -> None:
    nodes = drawn(results, DISTILLATION[0].name).nodes
    assert sum(int(n.label.split()[0]) for n in nodes if n.kind == "group") == 30


def test_without_member_evidence_there_is_no_graph() -> None:
    assert graph(Results(Path("none"), {}, {}, {}), "c") is None
