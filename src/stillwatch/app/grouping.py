"""The tables of groups: written for a list of groups, and for more of them behind those there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.app.resources import hypotheses
from stillwatch.attribute.assess import Assessment, AssessSettings
from stillwatch.attribute.doubtful import AccusedSettings, doubtful
from stillwatch.attribute.judge import OF_GROUPS, assessed
from stillwatch.attribute.measured.write import Rhythms
from stillwatch.link.demix import demix
from stillwatch.link.flows import write_flows
from stillwatch.link.incidence import Incidence
from stillwatch.link.membership import Group
from stillwatch.link.repertoire import strangers
from stillwatch.link.report import write_members, write_values
from stillwatch.model.engine import Tables

Ints = NDArray[np.int64]

SET_ASIDE = "first_"


def write_groups(t: Tables, held: Incidence, groups: Sequence[Group]) -> None:
    """Fill the tables of groups: members, values, flows and demixed exchanges, numbered in their order."""
    _write_undemixed(t, held, groups)
    demix(t)
    _keep_those_who_take_part(t)


def _write_undemixed(t: Tables, held: Incidence, groups: Sequence[Group]) -> None:
    write_members(t, held, groups)
    write_values(t, held, groups)
    write_flows(t, held, groups)


def _keep_those_who_take_part(t: Tables) -> None:
    """Leave out members without a demixed exchange, in groups that have any; and members who are permitted to
    distil, in groups where most are not: their relation is declared, the others' is not."""
    t.define(
        "group_members",
        """
        SELECT m.* FROM group_members m
        LEFT JOIN (SELECT DISTINCT group_id, account_id FROM group_exchanges) x
          ON x.group_id = m.group_id AND x.account_id = m.account_id
        LEFT JOIN (SELECT DISTINCT group_id FROM group_exchanges) g ON g.group_id = m.group_id
        LEFT JOIN facts f ON f.account_id = m.account_id
        LEFT JOIN (SELECT q.group_id, avg(CASE WHEN p.declared % 32 >= 16 THEN 1.0 ELSE 0.0 END) AS permitted
                   FROM group_members q LEFT JOIN facts p ON p.account_id = q.account_id
                   GROUP BY q.group_id) s ON s.group_id = m.group_id
        WHERE (x.account_id IS NOT NULL OR g.group_id IS NULL)
          AND (coalesce(f.declared, 0) % 32 < 16 OR s.permitted >= 0.5)
        """,
    )


@dataclass(frozen=True, slots=True)
class Grouping:
    """The tables of groups of one scan, and what writing and measuring groups needs."""

    t: Tables
    held: Incidence
    rhythms: Rhythms
    threads: int = 1

    def members(self) -> dict[int, Ints]:
        """Account codes of the members of each group, sorted."""
        rows = self.t.numpy("SELECT group_id, account_id FROM group_members ORDER BY group_id, account_id")
        code = np.searchsorted(self.held.accounts, np.asarray(rows["account_id"])).astype(np.int64)
        ids, heads = np.unique(np.asarray(rows["group_id"]), return_index=True)
        return dict(zip(ids.tolist(), np.split(code, heads[1:]), strict=True)) if len(ids) else {}

    def mixed(self) -> set[int]:
        """Groups whose exchanges were picked out of more by what they ask."""
        return set(self.t.query("SELECT group_id FROM mixed_groups")["group_id"].to_pylist())

    def without_doubtful(self, groups: Sequence[int]) -> dict[int, Ints]:
        """Account codes of those members of each of the groups who surely belong to it."""
        members, public = self.members(), public_keys(self.t)
        left = {g: np.setdiff1d(members[g], strangers(self.held, members[g], public)) for g in groups}
        for g, out in (doubtful(self.t, groups, AccusedSettings()) if groups else {}).items():
            left[g] = np.setdiff1d(left[g], np.searchsorted(self.held.accounts, out))
        return left

    def assessed_behind(
        self, groups: Sequence[Group], first: int, settings: AssessSettings
    ) -> dict[int, Assessment]:
        """Write groups behind those there are, numbered from `first`; their assessments by that number."""
        _set_aside(self.t)
        write_groups(self.t, self.held, groups)
        found = assessed(self.t, self.rhythms, hypotheses(), settings, threads=self.threads)
        _bring_back(self.t, first)
        return {first + i: a for i, a in found.items()}

    def joined_behind(
        self,
        groups: Sequence[Group],
        parts: Sequence[Sequence[int]],
        first: int,
        singly: Sequence[Ints] = (),
    ) -> set[int]:
        """Write groups made of others behind those there are, numbered from `first`; the numbers of those that have
        members. Their exchanges are those of their `parts`, the first of which is the core, as they were demixed by
        themselves, and what accounts that come `singly` fill of the whole's frames: where the core is a mixture, of
        these accounts and of other parts that are none just what fills its frames. Nothing is measured."""
        t = self.t
        alone = [
            (whole, own) for whole, codes in enumerate(singly) for own in self.held.accounts[codes].tolist()
        ]
        of = [(whole, part, int(part == own[0])) for whole, own in enumerate(parts) for part in own]
        t.put("parts", _integers(("group_id", "part", "core"), of))
        t.put("singly", _integers(("group_id", "account_id"), alone))
        _set_aside(t)
        _write_undemixed(t, self.held, groups)
        t.define(
            "mixed_groups",
            f"""
            SELECT DISTINCT p.group_id FROM {SET_ASIDE}mixed_groups m
            JOIN parts p ON p.part = m.group_id AND p.core = 1
            """,
        )
        t.define(
            "core_frames",
            f"""
            SELECT DISTINCT p.group_id, x.template_id FROM {SET_ASIDE}group_exchanges x
            JOIN parts p ON p.part = x.group_id AND p.core = 1 WHERE x.template_id IS NOT NULL
            """,
        )
        t.define(
            "group_exchanges",
            f"""
            SELECT g.* FROM group_exchanges g
            JOIN (SELECT DISTINCT p.group_id, x.exchange_id FROM {SET_ASIDE}group_exchanges x
                  JOIN parts p ON p.part = x.group_id
                  LEFT JOIN {SET_ASIDE}mixed_groups apart ON apart.group_id = p.part
                  LEFT JOIN mixed_groups m ON m.group_id = p.group_id
                  LEFT JOIN core_frames f ON f.group_id = p.group_id AND f.template_id = x.template_id
                  WHERE m.group_id IS NULL OR apart.group_id IS NOT NULL OR f.template_id IS NOT NULL
                  UNION SELECT x.group_id, x.exchange_id FROM group_exchanges x
                  JOIN singly s ON s.group_id = x.group_id AND s.account_id = x.account_id
                  LEFT JOIN mixed_groups m ON m.group_id = x.group_id
                  LEFT JOIN core_frames f ON f.group_id = x.group_id AND f.template_id = x.template_id
                  WHERE m.group_id IS NULL OR f.template_id IS NOT NULL) own
              ON own.group_id = g.group_id AND own.exchange_id = g.exchange_id
            """,
        )
        t.define("group_features", f"SELECT * FROM {SET_ASIDE}group_features WHERE group_id < 0")
        _keep_those_who_take_part(t)
        written = t.query("SELECT DISTINCT group_id FROM group_members")["group_id"].to_pylist()
        _bring_back(t, first)
        for name in ("parts", "singly", "core_frames"):
            t.drop(name)
        return {first + whole for whole in written}

    def measured_as(self, other: Mapping[int, int]) -> None:
        """Give groups the measurements of others, by number."""
        t = self.t
        t.put(
            "measured_as",
            pa.table(
                {
                    "group_id": pa.array(other.keys(), pa.int64()),
                    "other": pa.array(other.values(), pa.int64()),
                }
            ),
        )
        columns = t.columns("group_features")
        same = ", ".join(f"f.{c}" for c in columns if c != "group_id")
        t.define(
            "group_features",
            f"""
            SELECT {", ".join(f"f.{c}" for c in columns)} FROM group_features f
            LEFT JOIN measured_as m ON m.group_id = f.group_id WHERE m.group_id IS NULL
            UNION ALL
            SELECT m.group_id, {same} FROM group_features f JOIN measured_as m ON m.other = f.group_id
            """,
        )
        t.drop("measured_as")


def _integers(names: Sequence[str], rows: Sequence[Sequence[int]]) -> pa.Table:
    """A table of whole numbers from its rows."""
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table({name: pa.array(own, pa.int64()) for name, own in zip(names, columns, strict=True)})


def _set_aside(t: Tables) -> None:
    """Keep the tables of groups under other names."""
    for name in OF_GROUPS:
        t.rename(name, SET_ASIDE + name)


def _bring_back(t: Tables, first: int) -> None:
    """The tables of groups that were set aside, and behind them those there are now, numbered from `first`."""
    for name in OF_GROUPS:
        rest = "".join(f", {c}" for c in t.columns(name) if c != "group_id")
        t.extend(SET_ASIDE + name, f"SELECT group_id + {first} AS group_id{rest} FROM {name}")
        t.rename(SET_ASIDE + name, name)


def public_keys(t: Tables) -> Ints:
    """Keys of the frames and wordings that anybody may send, sorted."""
    rows = t.numpy(
        """
        SELECT template_id AS id FROM templates WHERE public
        UNION SELECT wording_id AS id FROM wordings WHERE public ORDER BY id
        """
    )
    return np.asarray(rows["id"], np.int64)
