"""The checks every shipped actor profile must pass: what it is for is found, what only looks like it is not.

A case is a JSON file beside others in `tests/cases/profiles/<actor>/`: `shows` maps claims to the share of members that
show them (the others are examined and not shown), `lacks` lists claims that the log cannot answer, `when` is the day. A
firing case says `at_least`, a look-alike `at_most`, both probabilities of the profile's name for an actor, or of
`relay only` for a relay.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec

from stillwatch.attribute.actors.marks import Statement, statements
from stillwatch.attribute.actors.posterior import RELAY
from stillwatch.attribute.actors.profile import Profile
from stillwatch.attribute.actors.rates import Rates
from stillwatch.attribute.actors.verdict import decide
from stillwatch.attribute.actors.weigh import Sighting
from stillwatch.model.errors import InputError
from stillwatch.model.kernels.hashing import HashKey

MEMBERS, OTHERS = 100, 50_000


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One campaign as far as the profile's claims go."""

    about: str
    when: date
    shows: dict[str, float]
    lacks: tuple[str, ...] = ()
    at_least: float = 0.0
    at_most: float = 1.0


def check_profile(profile: Profile, folder: Path, rates: Rates) -> list[str]:
    """What is wrong with a profile: faults of its cases, in words; nothing if it passes.

    Raises `InputError` if a case cannot be read.
    """
    found = statements(profile, HashKey(0, 0), "")
    files = sorted(folder.glob("*.json"))
    faults = [] if files else [f"{folder}: no case"]
    lacking = [k for k in ("firing", "look_alike") if not any(f.stem.startswith(k) for f in files)]
    faults += [f"{folder}: no {kind} case" for kind in lacking]
    known = {s.id for s in found}
    for file in files:
        case = _read(file)
        strange = sorted({*case.shows, *case.lacks} - known)
        faults += [f"{file}: no claim {name}" for name in strange]
        p = _probability(profile, found, case, rates)
        if not case.at_least <= p <= case.at_most:
            faults.append(
                f"{file}: probability {p:.3f} is not between {case.at_least:g} and {case.at_most:g}"
            )
    return faults


def _read(file: Path) -> Case:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Case)
    except (OSError, msgspec.MsgspecError) as error:
        raise InputError(f"is no case: {error}", where=str(file), remedy="See the other cases") from error


def _probability(profile: Profile, found: tuple[Statement, ...], case: Case, rates: Rates) -> float:
    shown = [(s, _sighting(s, case)) for s in found]
    sides = ({}, {profile.name: shown}) if profile.role == "relay" else ({profile.name: shown}, {})
    v = decide(*sides, rates, case.when)
    return v.posterior.of[RELAY if profile.role == "relay" else profile.name]


def _sighting(s: Statement, case: Case) -> Sighting:
    if s.id in case.lacks:
        return Sighting(why_not="the log lacks it")
    return Sighting(round(case.shows.get(s.id, 0.0) * MEMBERS), MEMBERS, 0, OTHERS)
