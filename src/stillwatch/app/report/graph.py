"""Accounts and evidence as a small graph of three columns: groups of members, families, shared values.

Members with the same role and the same families of evidence form a group. The layout depends on nothing but
the rows: columns are ordered by size and rarity, cards have one height, so that nothing can overlap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from stillwatch.app.report.results import Results, Row
from stillwatch.app.report.words import bits, clipped, count, plural, title
from stillwatch.model.families import FAMILIES, KINDS

GROUPS = 9
VALUES = 22
VALUES_PER_KIND = 4
MIN_BITS = 0.5
CARD, GAP = 44.0, 10.0
COLUMNS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"group": (0, 250), "family": (385, 150), "value": (670, 290)}
)
WIDTH = 960.0
LABEL: Mapping[str, int] = MappingProxyType({"group": 28, "family": 16, "value": 32})
SHORT_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "client": "client build",
        "signup_client": "client at sign-up",
        "neighbour": "neighbouring cards",
        "continuation": "continued conversation",
        "reasoning_replay": "replayed reasoning",
        "handoff": "hand-over",
    }
)


@dataclass(frozen=True, slots=True)
class Node:
    """A card at (x, y) in units of the drawing."""

    id: str
    kind: str
    x: float
    y: float
    width: float
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A curve between two cards; `weight` from 0 to 1 sets its thickness."""

    path: str
    weight: float
    text: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Cards, curves and the size of the drawing."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: float
    height: float
    summary: str


@dataclass(frozen=True, slots=True)
class _Card:
    id: str
    kind: str
    label: str
    note: str
    size: float
    accounts: int = 0


@dataclass(frozen=True, slots=True)
class _Tie:
    a: str
    b: str
    size: float
    text: str


def graph(results: Results, campaign_id: str) -> Graph | None:
    """The graph of a campaign, or nothing if no member evidence is stored."""
    members = results.of("members", campaign_id)
    groups, to_family = _groups(members, results.of("member_evidence", campaign_id))
    if not to_family:
        return None
    signatures = {r["template_id"]: r["signature"] for r in results.of("campaign_templates", campaign_id)}
    values, to_value = _values(results.of("indicators", campaign_id), signatures)
    touched = [f for f in FAMILIES if any(f"f:{f}" in (t.a, t.b) for t in (*to_family, *to_value))]
    rank = {f: sum(t.size for t in to_family if t.b == f"f:{f}") for f in touched}
    touched.sort(key=lambda f: (-rank[f], f))
    families = [_Card(f"f:{f}", "family", f, _family_note(rank[f], len(members)), rank[f]) for f in touched]
    place = {f"f:{f}": i for i, f in enumerate(touched)}
    home = {t.b: place[t.a] for t in to_value}
    values.sort(key=lambda c: (home[c.id], -c.size, c.id))
    nodes, height = _placed({"group": groups, "family": families, "value": values})
    edges = _drawn(nodes, (*to_family, *to_value))
    summary = (
        f"{plural(len(members), 'member')} in {plural(len(groups), 'group')} by the evidence they share: "
    )
    summary += "; ".join(f"{c.label} {c.note}" for c in families)
    return Graph(nodes, edges, WIDTH, height, summary)


def _groups(members: Sequence[Row], evidence: Sequence[Row]) -> tuple[list[_Card], list[_Tie]]:
    """One card per role and set of families, the smallest ones merged; ties carry the accounts."""
    weights: dict[str, dict[str, float]] = {}
    for row in evidence:
        if (row["weight_bits"] or 0.0) >= MIN_BITS:
            weights.setdefault(row["account_id"], {})[row["family"]] = row["weight_bits"]
    parts: dict[tuple[str, tuple[str, ...]], list[Row]] = {}
    for member in members:
        held = weights.get(member["account_id"], {})
        families = tuple(f for f in FAMILIES if f in held)
        parts.setdefault((member["role"], families), []).append(member)
    ranked = sorted(parts.items(), key=lambda p: (-len(p[1]), p[0]))
    cards, ties = [], []
    for i, ((role, families), part) in enumerate(ranked[:GROUPS]):
        cards.append(_group_card(f"g:{i}", role, families, part))
        ties += [_group_tie(f"g:{i}", family, part, weights) for family in families]
    rest = [m for _, part in ranked[GROUPS:] for m in part]
    if rest:
        note = f"in {plural(len(ranked) - GROUPS, 'smaller group')}"
        cards.append(_Card("g:rest", "group", plural(len(rest), "further member"), note, len(rest)))
        shared = sorted({f for (_, families), _ in ranked[GROUPS:] for f in families})
        ties += [_group_tie("g:rest", family, rest, weights) for family in shared]
    return cards, ties


def _group_card(name: str, role: str, families: tuple[str, ...], part: Sequence[Row]) -> _Card:
    weights = sorted(m["weight_bits"] for m in part if m["weight_bits"] is not None)
    plain = role in ("harvester", "relay", "member")
    noun, nouns = (role, f"{role}s") if plain else (f"member, {title(role)}", f"members, {title(role)}")
    middle = f" · median {bits(weights[len(weights) // 2])} bits" if weights else ""
    note = plural(len(families), "family", "families") if families else "no family alone"
    return _Card(name, "group", plural(len(part), noun, nouns), note + middle, len(part))


def _group_tie(
    name: str, family: str, part: Sequence[Row], weights: Mapping[str, Mapping[str, float]]
) -> _Tie:
    held = [weights[m["account_id"]][family] for m in part if family in weights.get(m["account_id"], {})]
    mean = sum(held) / len(held)
    text = f"{plural(len(held), 'account')}, {family}: {bits(mean)} bits on average"
    return _Tie(name, f"f:{family}", len(held), text)


def _family_note(accounts: float, members: int) -> str:
    return f"{count(accounts)} of {count(members)}" if accounts else "campaign as a whole"


def _values(rows: Sequence[Row], signatures: Mapping[int, str | None]) -> tuple[list[_Card], list[_Tie]]:
    """Cards of the most telling values of each kind, the rest of a kind in one card."""
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        if row["kind"] in KINDS:
            kinds.setdefault(row["kind"], []).append(row)
    room = max(1, min(VALUES_PER_KIND, VALUES // max(len(kinds), 1)))
    cards, ties = [], []
    for kind in sorted(kinds):
        chosen = _chosen(kind, kinds[kind], signatures, room)
        cards += chosen
        ties += [_Tie(f"f:{KINDS[kind].family}", c.id, c.accounts, c.note) for c in chosen]
    return cards, ties


def _chosen(kind: str, rows: Sequence[Row], signatures: Mapping[int, str | None], room: int) -> list[_Card]:
    """At most `room` cards for the values of a kind."""
    ranked = sorted(rows, key=lambda r: (-_mass(r), r["value_key"]))
    if len(ranked) <= room:
        return [_value_card(row, signatures) for row in ranked]
    cards = [_value_card(row, signatures) for row in ranked[: room - 1]]
    rest = ranked[room - 1 :]
    label = f"{count(len(rest))} {'further' if cards else 'values'}: {_name(kind)}"
    most = max(row["accounts"] for row in rest)
    note = f"each held by up to {plural(most, 'member')}"
    return [*cards, _Card(f"v:{kind}:rest", "value", label, note, -1.0, most)]


def _mass(row: Row) -> float:
    return float(row["accounts"]) * max(row["rarity_bits"] or 0.0, 0.1)


def _name(kind: str) -> str:
    return SHORT_NAMES.get(kind, KINDS[kind].title)


def _value_card(row: Row, signatures: Mapping[int, str | None]) -> _Card:
    key = row["value_key"]
    name = _name(row["kind"])
    text = signatures.get(key) if row["kind"] == "template" else None
    label = f"“{clipped(text, 30)}”" if text else f"{name} {key & 0xFFFFFF:06x}"
    note = f"held by {plural(row['accounts'], 'member')}"
    if row["rarity_bits"] is not None:
        note += f" · {bits(row['rarity_bits'], sign=False)} bits rare"
    return _Card(f"v:{row['kind']}:{key}", "value", label, note, _mass(row), row["accounts"])


def _placed(columns: Mapping[str, Sequence[_Card]]) -> tuple[tuple[Node, ...], float]:
    """Cards one under another, each column centred."""
    heights = {k: len(cards) * (CARD + GAP) - GAP for k, cards in columns.items()}
    total = max(heights.values())
    nodes = []
    for kind, cards in columns.items():
        x, width = COLUMNS[kind]
        gap = (total - len(cards) * CARD) / (len(cards) + 1) if kind == "family" and cards else GAP
        gap = max(gap, GAP)
        used = len(cards) * CARD + (len(cards) - 1) * gap
        top = (total - used) / 2
        for i, card in enumerate(cards):
            y = round(top + i * (CARD + gap), 1)
            nodes.append(Node(card.id, kind, x, y, width, clipped(card.label, LABEL[kind]), card.note))
    return tuple(nodes), round(total, 1)


def _drawn(nodes: Sequence[Node], ties: Sequence[_Tie]) -> tuple[Edge, ...]:
    place = {n.id: n for n in nodes}
    tops = {side: max((t.size for t in ties if t.a[0] == side), default=1.0) for side in "gf"}
    edges = []
    for tie in ties:
        a, b = place[tie.a], place[tie.b]
        x1, y1, x2, y2 = a.x + a.width, a.y + CARD / 2, b.x, b.y + CARD / 2
        middle = (x1 + x2) / 2
        path = f"M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}"
        edges.append(Edge(path, round(tie.size / tops[tie.a[0]], 3), tie.text))
    return tuple(edges)
