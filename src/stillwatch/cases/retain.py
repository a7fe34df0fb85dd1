"""Retention: which keys a policy says to destroy, and why; destroying them is a step of its own."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from stillwatch.cases.state import State
from stillwatch.cases.work import state
from stillwatch.model.errors import InputError
from stillwatch.model.records import Reading, Row, Writing


@dataclass(frozen=True, slots=True)
class Policy:
    """How many days things are kept: a whole case after it was closed, notes and readable signatures after that, and
    what stands against an account after it was found innocent. A period that is not given (None) never ends."""

    cases_days: int | None = None
    text_days: int | None = None
    innocent_days: int | None = None


@dataclass(frozen=True, slots=True)
class Deletion:
    """Keys of one case that are due, and why. Nothing `held` is deleted."""

    case_id: str
    what: str
    keys: tuple[str, ...]
    since: datetime
    due: datetime
    why: str
    held: bool


def read_policy(text: str, *, where: str) -> Policy:
    """A policy from TOML: a table `[retain]` with the fields of `Policy`. Raises `InputError` for anything else."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"is no TOML: {error}", where=where, remedy="See `stillwatch retain --help`"
        ) from error
    known = [f.name for f in fields(Policy)]
    periods = found.get("retain")
    if not isinstance(periods, dict) or set(found) != {"retain"} or not set(periods) <= set(known):
        names = {*found, *(periods if isinstance(periods, dict) else ())} - {"retain", *known}
        raise InputError(
            f"{sorted(names)[0]!r} is no part of a retention policy" if names else "has no table [retain]",
            where=where,
            remedy=f"Write a table [retain] with {', '.join(known)}",
        )
    for name, days in periods.items():
        if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= 36_500:
            raise InputError(
                f"{name} = {days!r} is no number of days",
                where=where,
                remedy="Write a whole number, 0 to 36500",
            )
    return Policy(**periods)


def plan(r: Reading, policy: Policy, now: datetime) -> tuple[Deletion, ...]:
    """What is due, oldest case first. Text and accounts of a case that is due as a whole are not listed again."""
    return tuple(d for case in r.rows("cases") for d in _due(r, case["case_id"], policy, now))


def apply(w: Writing, deletions: tuple[Deletion, ...]) -> int:
    """Destroy the keys of everything that is not held; returns how many. What they opened can never be read again."""
    keys = [key for d in deletions if not d.held for key in d.keys]
    return w.destroy(keys)


def _due(r: Reading, case_id: str, policy: Policy, now: datetime) -> Iterator[Deletion]:
    found, keys = state(r, case_id), r.rows("data_keys", owner=case_id)
    if found.closed_at is not None:
        whole = _deletion(case_id, "case", keys, found.closed_at, policy.cases_days, "closed", found)
        if whole is not None and whole.due <= now:
            yield whole
            return
        texts = [k for k in keys if k["kind"] == "text"]
        text = _deletion(case_id, "text", texts, found.closed_at, policy.text_days, "closed", found)
        if text is not None and text.due <= now:
            yield text
    yield from _innocent(case_id, keys, policy, found, now)


def _innocent(
    case_id: str, keys: tuple[Row, ...], policy: Policy, found: State, now: datetime
) -> Iterator[Deletion]:
    """Accounts that were cleared, or whose case was dismissed while nothing was decided against themselves."""
    cleared: dict[tuple[datetime, str], list[Row]] = {}
    for key in keys:
        if key["kind"] != "account":
            continue
        own = found.accounts.get(key["account_key"])
        if own is not None and own["kind"] == "clear":
            cleared.setdefault((own["decided_at"], "account cleared"), []).append(key)
        elif own is None and found.finding is not None and found.finding_kind == "dismiss":
            cleared.setdefault((found.finding["decided_at"], "case dismissed"), []).append(key)
    for (since, why), group in sorted(cleared.items(), key=lambda item: item[0]):
        one = _deletion(case_id, "accounts", group, since, policy.innocent_days, why, found)
        if one is not None and one.due <= now:
            yield one


def _deletion(
    case_id: str,
    what: str,
    keys: tuple[Row, ...] | list[Row],
    since: datetime,
    days: int | None,
    why: str,
    found: State,
) -> Deletion | None:
    if days is None or not keys:
        return None
    due = since + timedelta(days=days)
    return Deletion(case_id, what, tuple(k["key_id"] for k in keys), since, due, why, found.held)
