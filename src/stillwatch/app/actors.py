"""Actor profiles in a scan: read from a folder, looked up in its tables, judged campaign by campaign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa

from stillwatch import attribute
from stillwatch.attribute.actors.marks import Statement, columns_needed, hits, statements
from stillwatch.attribute.actors.profile import LARGEST, Profile, check_together, read_profile
from stillwatch.attribute.actors.rates import Rates, read_rates
from stillwatch.attribute.actors.rows import Attributed
from stillwatch.attribute.actors.sightings import day_of, sightings
from stillwatch.attribute.actors.tracked import Tie
from stillwatch.attribute.actors.verdict import ActorSettings, Shown, Verdict, decide
from stillwatch.attribute.actors.weigh import Sighting
from stillwatch.model.engine import Tables
from stillwatch.model.errors import ExtensionError, InputError
from stillwatch.model.kernels.hashing import HashKey, keyed_strings
from stillwatch.store.dataset import Dataset

DISTILLER, RELAY = "distiller", "relay"


@dataclass(frozen=True, slots=True)
class Actors:
    """The profiles of a scan by name, their statements under its key, and how they are judged."""

    profiles: Mapping[str, Profile]
    statements: Sequence[Statement]
    rates: Rates
    settings: ActorSettings = field(default_factory=ActorSettings)

    def record(self) -> list[dict[str, Any]]:
        """What the summary says of them."""
        return [
            {"name": p.name, "version": p.version, "role": p.role, "fictional": p.fictional}
            for p in self.profiles.values()
        ]


def shipped_rates() -> Rates:
    """The rates that ship, learned by `lab` on simulated actors."""
    text = (resources.files(attribute) / "actors" / "rates.toml").read_text("utf-8")
    return read_rates(text, where="attribute/actors/rates.toml")


def read_profiles(folder: Path) -> dict[str, Profile]:
    """Every profile (`*.toml`) of a folder, or the one of a file, by name and sorted.

    Raises `InputError` if there is none or one cannot be read, `ExtensionError` if one is faulty.
    """
    files = [folder] if folder.is_file() else sorted(folder.glob("*.toml"))
    if not files:
        raise InputError(
            "holds no actor profile (*.toml)" if folder.is_dir() else "no such folder of actor profiles",
            where=str(folder),
            remedy="Write one as docs/how-to/write-an-actor-profile.md shows",
        )
    found = [(str(file), read_profile(_text(file), where=str(file))) for file in files]
    check_together(found)
    return dict(sorted((p.name, p) for _, p in found))


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST:
            raise ExtensionError(
                f"is larger than {LARGEST:,} bytes", where=str(file), remedy="Split it into several actors"
            )
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot be read: {error}", where=str(file), remedy="Save it as UTF-8 text"
        ) from error


def load_actors(folder: Path | None, key: HashKey, fingerprint: str) -> Actors:
    """The profiles of a folder, ready to be looked up; none without a folder."""
    profiles = {} if folder is None else read_profiles(folder)
    found = [s for p in profiles.values() for s in statements(p, key, fingerprint)]
    return Actors(profiles, found, shipped_rates())


def look_up(
    t: Tables, data: Dataset, key: HashKey, actors: Actors, groups: Sequence[int]
) -> dict[int, Verdict]:
    """The verdict on each group; reads the input once more if a profile holds patterns."""
    if not actors.profiles:
        return {}
    t.put("actor_hits", _hits(data, key, actors.statements))
    seen = sightings(t, actors.statements, groups)
    ends = _last_seen(t)
    t.drop("actor_hits")
    return {g: _decide(actors, seen[g], ends[g]) for g in groups}


def _hits(data: Dataset, key: HashKey, found: Sequence[Statement]) -> pa.Table:
    columns = columns_needed(found)
    pairs: set[tuple[int, int]] = set()
    if columns:
        hashed = partial(keyed_strings, key=key)
        for batch in data.batches("exchanges", columns=["account_id", *columns]):
            pairs |= hits(batch, found, hashed)
    rows = list(zip(*sorted(pairs), strict=True)) or [(), ()]
    return pa.table({n: pa.array(c, pa.int64()) for n, c in zip(("claim", "account_id"), rows, strict=True)})


def _last_seen(t: Tables) -> dict[int, date]:
    """The day each group was last seen; the end of the window for one without a demixed exchange."""
    rows = t.query(
        """
        SELECT v.group_id, coalesce(x.last, w.last) AS last FROM verdicts v
        CROSS JOIN (SELECT max(ts) AS last FROM keys) w
        LEFT JOIN (SELECT g.group_id, max(k.ts) AS last FROM group_exchanges g
                   JOIN keys k ON k.exchange_id = g.exchange_id GROUP BY g.group_id) x ON x.group_id = v.group_id
        """
    )
    return {r["group_id"]: day_of(r["last"]) for r in rows.to_pylist()}


def _decide(actors: Actors, seen: Sequence[Sighting], when: date) -> Verdict:
    sides: dict[str, dict[str, Shown]] = {DISTILLER: {}, RELAY: {}}
    for name, profile in actors.profiles.items():
        pairs = zip(actors.statements, seen, strict=True)
        sides[profile.role][name] = [(s, x) for s, x in pairs if s.actor == name]
    return decide(sides[DISTILLER], sides[RELAY], actors.rates, when, actors.settings)


def attributed(
    ids: Mapping[int, str], accused: Sequence[int], verdicts: Mapping[int, Verdict],
    groups: Mapping[str, str], ties: Sequence[Tie],
) -> list[Attributed]:  # fmt: skip
    """What is known of the actor of each accused group."""
    return [
        Attributed(
            ids[g],
            verdicts.get(g),
            groups.get(ids[g], ""),
            [tie for tie in ties if ids[g] in (tie.a, tie.b)],
        )
        for g in accused
    ]
