"""How linking grows with the number of accounts alone: python bench/linking.py [--scale X] [--copies K ...].

One simulated population is sketched, and linked as it is and several times over: each copy has other accounts and
other values, but for what more than one account in a hundred holds, what is public, and what lies on the calendar.
So groups, values and accounts become K times as many, and common values are held by K times as many. Processor time of
the steps up to the tables of groups; what needs the exchanges again is left out. The last line holds it as JSON.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from stillwatch.app import stages
from stillwatch.ingest.coverage import Coverage
from stillwatch.lab.simulate import scenario, simulate
from stillwatch.link.communities import communities, content_stars
from stillwatch.link.groups import form_groups
from stillwatch.link.incidence import read_incidence
from stillwatch.link.pairs import validated_pairs
from stillwatch.link.report import with_parts, write_members, write_values
from stillwatch.link.stars import is_star, validated_stars
from stillwatch.model.families import KINDS
from stillwatch.model.kernels.hashing import HashKey
from stillwatch.store.dataset import open_dataset
from stillwatch.store.duck import DuckTables, open_duck

SCENARIO = "disclosure-2026-02"
CALENDAR = ("signup_day", "signup_hour", "debut", "payment_kind", "asn")
KEPT = ("holdings", "activity", "templates")
SALT = "CAST((r * 7919) << 20 AS BIGINT)"


def prepare(t: DuckTables, folder: Path, scale: float) -> None:
    """Simulate and sketch; the tables that linking reads, under names of their own."""
    simulate(scenario(SCENARIO), folder, scale=scale, seed=3)
    key, data = HashKey.from_bytes(bytes(range(32))), open_dataset(folder)
    names = stages.Names(set(), Coverage())
    stages.sketch(t, data, key, names=names, threads=2, done=lambda _: None)
    stages.holdings(t, data, key, threads=2)
    for name in KEPT:
        t.define(f"one_{name}", f"SELECT * FROM {name}")
    codes = ", ".join(str(KINDS[name].code) for name in CALENDAR)
    t.define(
        "common",
        f"""
        SELECT kind, value_key FROM one_holdings GROUP BY kind, value_key
        HAVING kind IN ({codes}) OR count(DISTINCT account_id) > 0.01 * (
            SELECT count(DISTINCT account_id) FROM one_activity)
        UNION SELECT {KINDS["template"].code} AS kind, template_id AS value_key FROM one_templates WHERE public
        """,
    )


def copy(t: DuckTables, copies: int) -> None:
    """So many copies in the tables that linking reads."""
    t.define("copies", f"SELECT range AS r FROM range({copies})")
    own = "CASE WHEN c.kind IS NULL THEN xor({0}, " + SALT + ") ELSE {0} END"
    t.define(
        "holdings",
        f"""
        SELECT xor(h.account_id, {SALT}) AS account_id, h.kind, {own.format("h.value_key")} AS value_key, h.n
        FROM one_holdings h LEFT JOIN common c ON c.kind = h.kind AND c.value_key = h.value_key CROSS JOIN copies
        """,
    )
    t.define(
        "activity",
        f"SELECT xor(account_id, {SALT}) AS account_id, hour, n FROM one_activity CROSS JOIN copies",
    )
    t.define(
        "templates",
        f"""
        SELECT {own.format("p.template_id")} AS template_id, bool_or(p.public) AS public FROM one_templates p
        LEFT JOIN common c ON c.kind = {KINDS["template"].code} AND c.value_key = p.template_id CROSS JOIN copies
        GROUP BY 1
        """,
    )


def link(t: DuckTables) -> dict[str, float]:
    """Processor seconds of each step; how many accounts, values and groups there are."""
    laps = [time.process_time()]
    held = read_incidence(t)
    laps.append(time.process_time())
    pairs = validated_pairs(t, held)
    laps.append(time.process_time())
    stars = validated_stars(held)
    laps.append(time.process_time())
    public = np.asarray(t.numpy("SELECT template_id FROM templates WHERE public")["template_id"], np.int64)
    around = content_stars(held, is_star(held, stars), public)
    groups = form_groups(held, communities(held, pairs), around, public)
    laps.append(time.process_time())
    groups = with_parts(t, held, groups)
    write_members(t, held, groups)
    write_values(t, held, groups)
    laps.append(time.process_time())
    steps = ("incidence", "pairs", "stars", "groups", "parts and tables")
    seconds = {name: round(b - a, 2) for name, a, b in zip(steps, laps, laps[1:], strict=False)}
    whole = round(laps[-1] - laps[0], 2)
    return {"accounts": held.n, "values": len(held.df), "groups": len(groups), **seconds, "all": whole}


def main() -> None:
    """Measure each number of copies, after one round that compiles the kernels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.0025)
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 4])
    asked = parser.parse_args()
    figures = []
    with tempfile.TemporaryDirectory() as name, open_duck(Path(name), threads=1) as t:
        prepare(t, Path(name) / "data", asked.scale)
        copy(t, 1)
        link(t)
        for copies in sorted(asked.copies):
            copy(t, copies)
            figures.append({"copies": copies, **link(t)})
            print(*(f"{name} {value:,}" for name, value in figures[-1].items()), sep=", ", flush=True)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
