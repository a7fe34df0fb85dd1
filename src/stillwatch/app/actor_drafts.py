"""A draft of a profile from what a scan found of a campaign: its indicators as keyed hashes, its capabilities."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from stillwatch.app.explanation import find
from stillwatch.app.report.results import Row, read_results
from stillwatch.attribute.actors.kinds import CAPABILITIES, INDICATORS
from stillwatch.model.errors import InputError

LASTS = timedelta(days=180)
MOST = 500  # indicators of a draft, the rarest first


def draft(results: Path, campaign: str, name: str) -> str:
    """TOML of a profile; its claims hold for half a year and are graded F6 until somebody grades them.

    Raises `InputError` if there is no such campaign, or it has no indicator that says who somebody is.
    """
    read = read_results(results)
    found = find(read, campaign).campaign
    if found is None:
        raise InputError(
            f"{campaign!r} is an account",
            where=str(results),
            remedy="Name a campaign; `stillwatch report` lists them",
        )
    rows = [r for r in read.of("indicators", found["campaign_id"]) if r["kind"] in INDICATORS]
    rows.sort(key=lambda r: (-(r["rarity_bits"] or 0.0), r["kind"], r["value_key"]))
    key = read.summary.get("input", {}).get("key", "")
    if not rows or not key:
        raise InputError(
            "the campaign has no indicator that says who somebody is",
            where=f"{results}: {found['campaign_id']}",
            remedy="Draft from a campaign with the verdict `distillation`",
        )
    text = _head(name) + _programme(found) + _known(found, key)
    return text + "".join(_indicator(r) for r in rows[:MOST])


def _head(name: str) -> str:
    return f"""# A draft: give every claim your source, grade and what would contradict it.
schema = 1
name = {_quoted(name)}
version = "draft"
role = "distiller"
summary = "Drafted from the indicators of one campaign."
"""


def _claim(found: Row, statement: str) -> str:
    day = found["last_seen"].date()
    return f"""statement = "{statement}"
source = "own logs, campaign {found["campaign_id"]}"
date = {day.isoformat()}
reliability = "F6"
expires = {(day + LASTS).isoformat()}
contradicted_by = "The same values are found with somebody else"
"""


def _programme(found: Row) -> str:
    known = [c for c in found["capabilities"] or () if c in CAPABILITIES][:3]
    if not known:
        return ""
    listed = ", ".join(f'"{c}"' for c in known)
    return f"\n[[programme]]\ncapabilities = [{listed}]\n{_claim(found, 'Is after what this campaign took')}"


def _known(found: Row, key: str) -> str:
    return (
        f'\n[[campaigns]]\nid = "{found["campaign_id"]}"\nkey = "{key}"\n{_claim(found, "Ran this campaign")}'
    )


def _indicator(row: Row) -> str:
    return f'\n[[campaigns.indicators]]\nkind = "{row["kind"]}"\nvalue_key = {row["value_key"]}\n'


def _quoted(text: str) -> str:
    plain = "".join(c for c in text if c.isprintable() and c not in '"\\')
    return f'"{plain}"'
