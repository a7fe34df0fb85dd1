"""What a statement about an actor stands on: how easily a claim is faked, and what is left without one family."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from stillwatch.app.report.results import Row
from stillwatch.app.report.words import chance, sentence, visible

FAKING: Mapping[str, str] = MappingProxyType(
    {"hard": "hard to fake", "rented": "can be rented", "cheap": "cheap to fake", "context": "context"}
)


def left_out(row: Row) -> str:
    """An actor's probability with each family of evidence left out in turn, the lowest first; empty without families.

    >>> left_out({"without_family": '{"network": 0.7, "payment": 0.12}'})
    'Without payment 12%, without network 70%.'
    """
    found: Mapping[str, float] = json.loads(row["without_family"] or "{}")
    parts = [
        f"without {visible(f, 40)} {chance(p)}"
        for f, p in sorted(found.items(), key=lambda kv: (kv[1], kv[0]))
    ]
    return sentence(", ".join(parts))


def ground(row: Row) -> str:
    """What kind of evidence a claim is, and how easily it is faked.

    >>> ground({"kind": "instrument", "family": "payment", "faking": "hard"})
    'payment: instrument, hard to fake'
    """
    kind, family = visible(row["kind"] or "", 40), visible(row["family"] or "", 40)
    named = family if kind in (family, "", "tie") else f"{family}: {kind}"
    faking = FAKING.get(row["faking"] or "", "")
    return f"{named}, {faking}" if faking else named
