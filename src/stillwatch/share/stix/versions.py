"""Versions from export to export: an object keeps its beginning; its time changes when it says something else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from stillwatch.share.stix.objects import Object, stamp

TIMES = frozenset({"created", "modified", "published"})


def continued(fresh: Iterable[Object], previous: Sequence[Object]) -> list[Object]:
    """`fresh` objects with the times of those they continue; a changed one has a later `modified` than before."""
    known = {o["id"]: o for o in previous if isinstance(o.get("id"), str)}
    return [_continued(o, known.get(o["id"])) for o in fresh]


def _continued(fresh: Object, before: Object | None) -> Object:
    if before is None or "modified" not in fresh or "modified" not in before or "created" not in before:
        return fresh
    if _said(fresh) == _said(before):
        return {**fresh, **{name: before[name] for name in TIMES if name in before and name in fresh}}
    after = datetime.fromisoformat(before["modified"]) + timedelta(milliseconds=1)
    return {**fresh, "created": before["created"], "modified": max(fresh["modified"], stamp(after))}


def _said(thing: Object) -> dict[str, Any]:
    return {name: value for name, value in thing.items() if name not in TIMES}
