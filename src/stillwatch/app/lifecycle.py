"""Identities and phases of a scan's campaigns, against the state of earlier scans; and the state after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.attribute.actors.tracked import Tie, TrackedSettings, track
from stillwatch.attribute.identity import Earlier, Identity, IdentitySettings, identify
from stillwatch.attribute.moves import MoveSettings
from stillwatch.attribute.phases import Phase, PhaseSettings, phases, write_spans
from stillwatch.model.engine import Tables
from stillwatch.model.tables import TABLES
from stillwatch.store.state import State, commit_state, read_state, stage_state


@dataclass(frozen=True, slots=True)
class LifecycleSettings:
    """How campaigns are recognised and what counts as a phase. An innocent group not seen for `innocent_days` is
    forgotten, since nobody needs to be remembered for resembling a campaign; other ones after `campaign_days`, so that
    a pool that comes back next season is known."""

    identity: IdentitySettings = field(default_factory=IdentitySettings)
    phases: PhaseSettings = field(default_factory=PhaseSettings)
    moves: MoveSettings = field(default_factory=MoveSettings)
    tracked: TrackedSettings = field(default_factory=TrackedSettings)
    innocent_days: int = 30
    campaign_days: int = 400


class Lifecycle:
    """The campaigns of one scan in time; `folder` is the state, `key` the fingerprint of the key, "" without one."""

    def __init__(self, folder: Path | None, key: str, settings: LifecycleSettings | None = None) -> None:
        self.folder, self.key = folder, key
        self.settings = settings or LifecycleSettings()
        self.state = State({}) if folder is None else read_state(folder, key=key)
        tables = self.state.tables
        self.earlier = (
            Earlier(*(tables[f"state_{n}"] for n in ("campaigns", "members", "values")))
            if tables
            else Earlier.none()
        )
        self.identities: dict[int, Identity] = {}
        self.phases: dict[str, tuple[Phase, ...]] = {}
        self.groups: dict[str, str] = {}
        self.ties: list[Tie] = []
        self.staged = ""

    def name(self, t: Tables, own: Mapping[int, str], end: datetime) -> dict[int, str]:
        """The id of each group, those of earlier scans where it is the same; refills `campaign_names`."""
        self.identities = identify(t, own, self.earlier, self.settings.identity)
        write_spans(t, self.identities, self.earlier)
        self.phases = phases(
            t, self.identities, self.earlier, end, settings=self.settings.phases, moving=self.settings.moves
        )
        return {group: who.campaign_id for group, who in self.identities.items()}

    def track(self, t: Tables, ids: Mapping[int, str]) -> None:
        """Find the tracked group of each campaign, of this scan and of the state, and what ties them."""
        columns = (self.earlier.campaigns[c].to_pylist() for c in ("campaign_id", "tracked_group"))
        known = {name: group for name, group in zip(*columns, strict=True) if group is not None}
        self.groups, self.ties = track(
            t, sorted(ids.values()), self.earlier.ids, known, self.settings.tracked
        )

    @property
    def detected(self) -> dict[str, datetime]:
        """When the evidence first sufficed, by campaign, in earlier scans."""
        columns = (self.earlier.campaigns[c].to_pylist() for c in ("campaign_id", "detected_at"))
        return {name: at for name, at in zip(*columns, strict=True) if at is not None}

    def follow(self, t: Tables, campaigns: pa.Table, end: datetime) -> None:
        """Write beside the state what the next scan needs to know; `campaigns` are the rows of the result table."""
        if self.folder is not None:
            self.staged = stage_state(self.folder, self._after(t, campaigns, end))

    def remember(self) -> None:
        """Make it the state, once the results stand."""
        if self.folder is not None:
            commit_state(self.folder, self.staged, key=self.key)

    def summary(self) -> dict[str, Any]:
        """What became of the campaigns of the state, and with which settings."""
        found = {who.campaign_id for who in self.identities.values()}
        merged = {name for who in self.identities.values() for name in who.merged}
        kept = sorted(who.campaign_id for who in self.identities.values() if who.kept)
        return {
            "digest": self.state.digest or None,
            "earlier": len(self.earlier.ids),
            "kept": len(kept),
            "not_seen": [i for i in self._standing() if i not in found and i not in merged],
            "settings": asdict(self.settings),
        }

    def _standing(self) -> list[str]:
        """Earlier campaigns that were not merged into another, and not innocent."""
        rows = self.earlier.campaigns.select(["campaign_id", "merged_into", "verdict"]).to_pylist()
        return [r["campaign_id"] for r in rows if r["merged_into"] is None and r["verdict"] != "innocent"]

    def _after(self, t: Tables, campaigns: pa.Table, end: datetime) -> dict[str, pa.Table]:
        kept = _campaigns(self.earlier, campaigns, self.identities.values(), self.phases)
        groups = pa.array([self.groups.get(c) for c in kept["campaign_id"].to_pylist()], pa.string())
        kept = kept.set_column(kept.schema.get_field_index("tracked_group"), "tracked_group", groups)
        kept = self._not_forgotten(kept, end)
        ids = pa.array(kept["campaign_id"].to_pylist(), pa.string())
        rows = {"state_campaigns": kept}
        for name, new in (("members", _members(t)), ("values", _values(t, end))):
            schema, key = TABLES[f"state_{name}"].schema, TABLES[f"state_{name}"].key
            old = getattr(self.earlier, name)
            both = pa.concat_tables([new.select(schema.names).cast(schema), old.cast(schema)])
            rows[f"state_{name}"] = _first_of(both.filter(pc.is_in(both["campaign_id"], ids)), key)
        return rows

    def _not_forgotten(self, rows: pa.Table, end: datetime) -> pa.Table:
        seen = pc.fill_null(rows["last_seen"], end)
        innocent = pc.equal(rows["verdict"], "innocent")
        late = pc.greater_equal(seen, end - timedelta(days=self.settings.innocent_days))
        known = pc.greater_equal(seen, end - timedelta(days=self.settings.campaign_days))
        return rows.filter(pc.if_else(innocent, late, known))


def _campaigns(
    earlier: Earlier,
    campaigns: pa.Table,
    identities: Iterable[Identity],
    told: Mapping[str, Sequence[Phase]],
) -> pa.Table:
    """Rows of `state_campaigns` after the scan."""
    rows = {r["campaign_id"]: dict(r) for r in earlier.campaigns.to_pylist()}
    for new in campaigns.to_pylist():
        old = rows.get(new["campaign_id"], {})
        rows[new["campaign_id"]] = {
            "campaign_id": new["campaign_id"],
            "verdict": new["verdict"],
            "first_seen": _least(old.get("first_seen"), new["first_seen"]),
            "last_seen": _most(old.get("last_seen"), new["last_seen"]),
            "detected_at": new["detected_at"] or old.get("detected_at"),
            "merged_into": None,
        }
    for who in identities:
        for name in who.merged:
            rows[name]["merged_into"] = who.campaign_id
            rows[who.campaign_id]["first_seen"] = _least(
                rows[who.campaign_id]["first_seen"], rows[name]["first_seen"]
            )
    for name, row in rows.items():
        if name in told:
            row["phases"] = [asdict(p) for p in told[name]]
    return pa.Table.from_pylist(list(rows.values()), schema=TABLES["state_campaigns"].schema)


def _least(a: datetime | None, b: datetime | None) -> datetime | None:
    return min(x for x in (a, b) if x is not None) if a or b else None


def _most(a: datetime | None, b: datetime | None) -> datetime | None:
    return max(x for x in (a, b) if x is not None) if a or b else None


def _members(t: Tables) -> pa.Table:
    """Every account of this scan's campaigns and of what the state knows of them."""
    return t.query(
        """
        SELECT n.campaign_id, s.account_id, s.first_seen, s.last_seen, s.banned_at
        FROM campaign_spans s JOIN campaign_names n ON n.group_id = s.group_id
        """
    )


def _values(t: Tables, end: datetime) -> pa.Table:
    """Favoured values of this scan's campaigns."""
    return t.query(
        f"""
        SELECT n.campaign_id, v.kind, v.value_key, round(CAST(v.inside AS DOUBLE) / z.size, 6) AS share,
               round(v.lift_bits, 6) AS lift_bits, TIMESTAMPTZ '{end.isoformat()}' AS last_seen
        FROM group_values v JOIN campaign_names n ON n.group_id = v.group_id
        JOIN (SELECT group_id, count(*) AS size FROM group_members GROUP BY group_id) z
          ON z.group_id = v.group_id
        """
    )


def _first_of(rows: pa.Table, key: Sequence[str]) -> pa.Table:
    """One row of each key: the one that stands first."""
    numbered = rows.append_column("place", pa.array(range(rows.num_rows), pa.int64()))
    first = numbered.group_by(list(key)).aggregate([("place", "min")])["place_min"]
    return rows.take(first)
