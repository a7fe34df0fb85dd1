"""What linking found, as tables: members, favoured values, and per kind how the group stands out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.link.incidence import Incidence
from stillwatch.link.membership import Group
from stillwatch.link.pairs import Pairs
from stillwatch.link.parts import parts
from stillwatch.link.stars import Stars
from stillwatch.model.engine import Relation, Tables
from stillwatch.model.families import BY_CODE, FAMILIES
from stillwatch.model.kernels.belonging import counted, different_rows, outsiders

Ints = NDArray[np.int64]


def write_members(t: Tables, held: Incidence, groups: Sequence[Group]) -> Relation:
    """Fill `group_members`: weight per family, and stability = share of families it can do without."""
    columns: dict[str, list[np.ndarray]] = {}

    def add(name: str, values: np.ndarray) -> None:
        columns.setdefault(name, []).append(values)

    for i, group in enumerate(groups):
        add("group_id", np.full(len(group), i, np.int64))
        add("account_id", held.accounts[group.members])
        add("log_odds", np.round(group.log_odds, 6))
        add("stability", _stability(group))
        for f, family in enumerate(FAMILIES):
            add(f"bits_{family}", np.round(group.family_bits[:, f], 6))
    names = ("group_id", "account_id", "log_odds", "stability", *(f"bits_{f}" for f in FAMILIES))
    empty = [np.empty(0, np.int64)] * 2 + [np.empty(0)] * (len(names) - 2)
    rows = {n: np.concatenate(columns[n]) if n in columns else e for n, e in zip(names, empty, strict=True)}
    return t.put("group_members", pa.table(rows))


def with_parts(t: Tables, held: Incidence, groups: Sequence[Group]) -> list[Group]:
    """The groups and behind them their parts, which `group_parts` (group_id, parent, piece, inside, tied) names."""
    every = list(groups)
    rows: list[tuple[int, int, int, bool, bool]] = []
    for i, group in enumerate(groups):
        for part in parts(held, group):
            rows.append((len(every), i, part.piece, part.inside, part.tied))
            every.append(part.group)
    kinds = (pa.int64(), pa.int64(), pa.int64(), pa.bool_(), pa.bool_())
    columns = list(zip(*rows, strict=True)) or [()] * len(kinds)
    names = ("group_id", "parent", "piece", "inside", "tied")
    t.put("group_parts", pa.table({n: pa.array(c, k) for n, c, k in zip(names, columns, kinds, strict=True)}))
    return every


def _stability(group: Group) -> np.ndarray:
    """Share of the families with weight of which each can be left out without losing the member."""
    without = group.log_odds[:, None] - group.family_bits
    used = group.family_bits > 0
    return np.asarray(np.round(((without >= 0) & used).sum(axis=1) / np.maximum(used.sum(axis=1), 1), 6))


def write_values(t: Tables, held: Incidence, groups: Sequence[Group]) -> Relation:
    """Fill `group_values` (favoured values) and `group_kinds` (how each kind is spread in the group)."""
    values, kinds = [], []
    for i, group in enumerate(groups):
        room = np.zeros(len(held.df), np.int32)
        found, inside = counted(held.starts, held.value_of, group.members, room)
        at = np.minimum(np.searchsorted(found, group.favoured), max(len(found) - 1, 0))
        kept = found[at] == group.favoured  # the last round may have left out a value's holders
        own = group.favoured[kept]
        columns = (held.kind[own], held.key[own], inside[at[kept]], held.df[own], group.lift_bits[kept])
        values += [(i, *row) for row in zip(*(column.tolist() for column in columns), strict=True)]
        kinds += [(i, *row) for row in _kinds(held, group, found, inside, room)]
    names = ("group_id", "kind", "value_key", "inside", "holders", "lift_bits")
    t.put("group_values", _table(values, names))
    kind_names = ("group_id", "kind", "with_kind", "favoured", "shared", "top", "private", "outside_share")
    return t.put("group_kinds", _table(kinds, kind_names))


def _kinds(
    held: Incidence, group: Group, found: Ints, inside: Ints, count: NDArray[np.int32]
) -> list[tuple[float, ...]]:
    """Per kind: members with it, holding a favoured value, sharing one with another member, on the commonest
    value, sharing one that is mostly the group's own; share of the others that hold a favoured value."""
    n, width = len(group), len(held.kinds)
    with_kind = held.has[group.members].sum(axis=0)
    favoured = np.zeros(len(held.df), dtype=bool)
    favoured[group.favoured] = True
    values, owner = held.values_of(group.members)
    several = count[values] >= 2

    def different(chosen: NDArray[np.bool_]) -> Ints:
        kind = held.kind_at[values[chosen]]
        return different_rows(owner[chosen], kind, width, np.zeros(n * width, dtype=bool))

    hit, shared = different(favoured[values]), different(several)
    private = different(several & (count[values] * 2 > held.df[values]))
    top = np.ones(width, np.int64)
    np.maximum.at(top, held.kind_at[found], inside)
    member = np.zeros(held.n, dtype=bool)
    member[group.members] = True
    outside = outsiders(
        held.heads, held.account_of, group.favoured, held.kind_at[group.favoured], member,
        np.zeros(held.n * width, dtype=bool), np.zeros(width, np.int64),
    ).tolist()  # fmt: skip
    rest = np.maximum(held.having - with_kind, 0).tolist()
    columns = (held.kinds, with_kind, hit, shared, top, private)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    return [(*rows[k], outside[k] / rest[k] if rest[k] else 0.0) for k in np.flatnonzero(with_kind)]


def write_links(t: Tables, held: Incidence, pairs: Pairs, stars: Stars) -> Relation:
    """Fill `links`: validated pairs by family, and each validated star with its holders."""
    at, family = np.nonzero(pairs.bits > 0)
    holders, owner = held.holders_of(stars.value)
    p_pair, p_star = np.exp2(pairs.log2_p), np.exp2(stars.log2_p)
    star_bits = np.log2(held.n / np.maximum(held.df[stars.value], 1))
    kinds = np.array([BY_CODE[int(k)].name for k in held.kind[stars.value]], dtype=object)
    family_of = np.array([BY_CODE[int(k)].family for k in held.kind[stars.value]], dtype=object)
    names = np.array(FAMILIES, dtype=object)
    rows = pa.table(
        {
            "a": np.concatenate([held.accounts[pairs.a[at]], held.accounts[holders]]),
            "b": np.concatenate([held.accounts[pairs.b[at]], held.key[stars.value][owner]]),
            "family": pa.array([*names[family], *family_of[owner]], pa.string()),
            "bits": np.round(np.concatenate([pairs.bits[at, family], star_bits[owner]]), 6),
            "p": np.concatenate([p_pair[at], p_star[owner]]),
            "kind": pa.array([*([None] * len(at)), *kinds[owner]], pa.string()),
            "star": np.concatenate([np.zeros(len(at), bool), np.ones(len(owner), bool)]),
        }
    )
    return t.put("links", rows)


def _table(rows: Sequence[tuple[float, ...]], names: Sequence[str]) -> pa.Table:
    columns: list[Sequence[float]] = list(zip(*rows, strict=True)) or [() for _ in names]
    types = {"lift_bits": pa.float64(), "outside_share": pa.float64()}
    return pa.table({n: pa.array(c, types.get(n, pa.int64())) for n, c in zip(names, columns, strict=True)})
