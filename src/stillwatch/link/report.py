"""What linking found, as tables: members, favoured values, and per kind how the group stands out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.link.incidence import Incidence
from stillwatch.link.membership import Group
from stillwatch.link.pairs import Pairs
from stillwatch.link.parts import parts
from stillwatch.link.stars import Stars
from stillwatch.model.ahead import ahead
from stillwatch.model.engine import Relation, Tables
from stillwatch.model.families import BY_CODE, FAMILIES
from stillwatch.model.kernels.belonging import spread
from stillwatch.model.kernels.reach import holders

Ints = NDArray[np.int64]

VALUES = pa.schema(
    [(name, pa.int64()) for name in ("group_id", "kind", "value_key", "inside", "holders")]
    + [("lift_bits", pa.float64())]
)
SPREADS = pa.schema(
    [(name, pa.int64()) for name in ("group_id", "kind", "with_kind", "favoured", "shared", "top", "private")]
    + [("outside_share", pa.float64())]
)


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


def with_parts(t: Tables, held: Incidence, groups: Sequence[Group], *, threads: int = 1) -> list[Group]:
    """The groups and behind them their parts, which `group_parts` (group_id, parent, piece, inside, tied) names."""
    every = list(groups)
    rows: list[tuple[int, int, int, bool, bool]] = []
    for i, found in enumerate(ahead(partial(parts, held), groups, threads=threads)):
        for part in found:
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
    counts, marked = np.zeros(len(held.df), np.int32), np.zeros(len(held.df), np.bool_)
    for i, group in enumerate(groups):
        inside, among = spread(
            held.starts, held.value_of, held.df, held.kind_at, group.members, group.favoured, len(held.kinds),
            counts, marked,
        )  # fmt: skip
        kept = inside > 0  # the last round may have left out a value's holders
        own = group.favoured[kept]
        columns = (held.kind[own], held.key[own], inside[kept], held.df[own], group.lift_bits[kept])
        values.append((np.full(len(own), i), *columns))
        rows = _kinds(held, group, among)
        kinds.append((np.full(len(rows[0]), i), *rows))
    t.put("group_values", _table(values, VALUES))
    return t.put("group_kinds", _table(kinds, SPREADS))


def _kinds(held: Incidence, group: Group, among: Ints) -> tuple[np.ndarray, ...]:
    """Per kind that a member has: its code, members with it, holding a favoured value, sharing one with another member,
    on the commonest value, sharing one that is mostly the group's own; share of the others that hold a favoured
    value. `among` is what `spread` says."""
    with_kind = held.has[group.members].sum(axis=0)
    hit, shared, private, top = among
    of, at = held.kind_at[group.favoured], (held.heads, held.account_of, held.common, held.holds)
    outside = holders(*at, group.favoured, of, len(held.kinds))[1] - hit
    rest = np.maximum(held.having - with_kind, 0)
    share = np.where(rest > 0, outside / np.maximum(rest, 1), 0.0)
    known = np.flatnonzero(with_kind)
    columns = (held.kinds, with_kind, hit, shared, top, private, share)
    return tuple(column[known] for column in columns)


def pair_rows(accounts: Ints, pairs: Pairs) -> dict[str, pa.Array]:
    """Columns of `links` that say which pairs are linked by which family, and `log2_p` of the pair; `accounts` are the
    ids of the codes."""
    at, family = np.nonzero(pairs.bits > 0)
    return {
        "a": pa.array(accounts[pairs.a[at]]),
        "b": pa.array(accounts[pairs.b[at]]),
        "family": pa.array(FAMILIES, pa.string()).take(pa.array(family)),
        "bits": pa.array(np.round(pairs.bits[at, family], 6)),
        "p": pa.array(np.exp2(pairs.log2_p)[at]),
        "log2_p": pa.array(pairs.log2_p[at]),
    }


def star_links(held: Incidence, stars: Stars) -> pa.Table:
    """Rows of `links` for each validated star with its holders."""
    holders, owner = held.holders_of(stars.value)
    bits = np.log2(held.n / np.maximum(held.df[stars.value], 1))
    kinds, of = [BY_CODE[int(k)] for k in held.kind[stars.value]], pa.array(owner)
    return pa.table(
        {
            "a": held.accounts[holders],
            "b": held.key[stars.value][owner],
            "family": pa.array([k.family for k in kinds], pa.string()).take(of),
            "bits": np.round(bits[owner], 6),
            "p": np.exp2(stars.log2_p)[owner],
            "kind": pa.array([k.name for k in kinds], pa.string()).take(of),
            "star": np.ones(len(owner), bool),
        }
    )


def write_links(t: Tables, held: Incidence, pairs: Pairs, stars: Stars) -> Relation:
    """Fill `links`: validated pairs by family, and each validated star with its holders."""
    own = pa.table(pair_rows(held.accounts, pairs)).drop_columns(["log2_p"])
    own = own.append_column("kind", pa.nulls(len(own), pa.string()))
    own = own.append_column("star", pa.array(np.zeros(len(own), bool)))
    return t.put("links", pa.concat_tables([own, star_links(held, stars)]))


def _table(parts: Sequence[tuple[np.ndarray, ...]], schema: pa.Schema) -> pa.Table:
    """Rows of all groups, from the columns of each."""
    if not parts:
        return schema.empty_table()
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)
