"""Actor profiles: who somebody is said to be, claim by claim, each with source, date, grade, expiry and its contrary.

A profile is a TOML file. Claims say where they come from and what would contradict them; nothing in a profile may use a
country, a nationality or a language as evidence, and working hours are kept as context that weighs nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import fields

from stillwatch.attribute.actors.admiralty import PATTERN
from stillwatch.attribute.actors.kinds import CAPABILITIES, INDICATORS, MARKS
from stillwatch.attribute.actors.networks import read_network
from stillwatch.attribute.actors.toml_lines import line_of, steps
from stillwatch.model.errors import ExtensionError, InputError

Day = date
LARGEST = 1_000_000  # bytes of a profile file
Text = Annotated[str, msgspec.Meta(min_length=3, max_length=2000)]
Value = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Values = Annotated[list[Value], msgspec.Meta(min_length=1, max_length=500)]
Grade = Annotated[str, msgspec.Meta(pattern=PATTERN, description="Admiralty grade, such as B2")]
Fingerprint = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{4,64}$")]
MarkKind = Literal[
    "prefix", "asn", "hosting", "certificate", "ja4", "user_agent", "sdk", "header_order",
    "harness", "end_user", "metadata", "email_domain",
]  # fmt: skip
INFRASTRUCTURE = frozenset(
    {"prefix", "asn", "hosting", "certificate", "ja4", "user_agent", "sdk", "header_order"}
)


class Claim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every claim says of itself.

    `alleged_by` names who asserts it, where we have only their word; `origin` where the source has it from, so that
    two reports that repeat one list count as one.
    """

    statement: Text
    source: Text
    date: Day
    reliability: Grade
    expires: Day
    contradicted_by: Text
    alleged_by: str = ""
    origin: str = ""


class Mark(Claim, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values that the actor is said to use; `*` stands for anything where patterns are allowed. `shared`: others are
    known to use them too."""

    kind: MarkKind
    values: Values
    shared: bool = False


class Programme(Claim, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Capabilities that the actor is said to be after."""

    capabilities: Annotated[list[str], msgspec.Meta(min_length=1, max_length=7)]


class Indicator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value of a known campaign, as the keyed hash that table `indicators` holds."""

    kind: str
    value_key: int


class KnownCampaign(Claim, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A campaign that is said to be the actor's, by its indicators; `key` is the fingerprint of their hash key."""

    id: Value
    key: Fingerprint
    indicators: Annotated[list[Indicator], msgspec.Meta(min_length=1, max_length=5000)]


class Release(Claim, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A public release of the actor's own model: context, worth a bit at most."""

    released: Day


class WorkingHours(Claim, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hours in UTC at which the actor is said to work: context that weighs nothing, whatever it is."""

    hours_utc: Annotated[list[Annotated[int, msgspec.Meta(ge=0, le=23)]], msgspec.Meta(min_length=1)]


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One actor. `role`: a `distiller` takes training data, a `relay` carries the traffic of others."""

    schema: Literal[1]
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=80)]
    version: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    role: Literal["distiller", "relay"]
    summary: Text
    fictional: bool = False
    aliases: tuple[str, ...] = ()
    infrastructure: tuple[Mark, ...] = ()
    metadata: tuple[Mark, ...] = ()
    programme: tuple[Programme, ...] = ()
    campaigns: tuple[KnownCampaign, ...] = ()
    calendar: tuple[Release, ...] = ()
    working_hours: tuple[WorkingHours, ...] = ()

    def claims(self) -> Iterator[tuple[str, int, Claim]]:
        """Every claim with its section and its place in it."""
        for section in SECTIONS:
            for place, claim in enumerate(getattr(self, section)):
                yield section, place, claim


SECTIONS = ("infrastructure", "metadata", "programme", "campaigns", "calendar", "working_hours")
RESERVED = frozenset({"unknown actor", "relay only", "false flag"})


def profile_schema() -> dict[str, Any]:
    """The JSON Schema of a profile."""
    return msgspec.json.schema(Profile)


def read_profile(text: str, *, where: str) -> Profile:
    """The profile of a TOML text.

    Raises `ExtensionError` with file, line and remedy for whatever is wrong with it.
    """
    if len(text.encode()) > LARGEST:
        raise ExtensionError(
            f"is larger than {LARGEST:,} bytes", where=where, remedy="Split it into several actors"
        )
    try:
        found = msgspec.convert(tomllib.loads(text), Profile, builtin_types=(date,))
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(error, text, where) from error
    except msgspec.ValidationError as error:
        raise _invalid(str(error), text, where) from error
    except RecursionError as error:
        raise ExtensionError("is nested too deeply", where=where, remedy="See the example") from error
    for path, what, remedy in _faults(found):
        raise ExtensionError(what, where=f"{where}:{line_of(text, path)}", remedy=remedy)
    return found


def check_together(profiles: Sequence[tuple[str, Profile]]) -> None:
    """Raise `ExtensionError` if two profiles (file, profile) have one name or alias."""
    seen: dict[str, str] = {}
    for where, profile in profiles:
        for name in (profile.name, *profile.aliases):
            known = seen.setdefault(name.casefold(), where)
            if known != where:
                raise ExtensionError(
                    f"the name {name!r} is also used in {known}",
                    where=where,
                    remedy="Give every actor names of its own",
                )


def _not_toml(error: tomllib.TOMLDecodeError, text: str, where: str) -> ExtensionError:
    line = re.search(r"at line (\d+)", str(error))
    place = f"{where}:{line.group(1) if line else max(len(text.splitlines()), 1)}"
    return ExtensionError(
        f"is not TOML: {error}", where=place, remedy="Mend the line; texts stand in quotes, dates do not"
    )


def _invalid(said: str, text: str, where: str) -> ExtensionError:
    """The validator's words, with a line instead of a path."""
    what, _, path = said.partition(" - at `")
    place = steps(path.rstrip("`"))
    missing = re.search(r"missing required field `(\w+)`", what)
    unknown = re.search(r"contains unknown field `(\w+)`", what)
    if unknown:
        place = (*place, unknown.group(1))
    remedy = "Write it as the page `write-an-actor-profile` shows"
    if missing:
        remedy = f"Add `{missing.group(1)}`; every claim needs {', '.join(f.name for f in fields(Claim) if f.required)}"
    named = ".".join(str(step) for step in place)
    return ExtensionError(
        f"{named}: {what[0].lower()}{what[1:]}" if named else what,
        where=f"{where}:{line_of(text, place)}",
        remedy=remedy,
    )


Fault = tuple[Sequence[str | int], str, str]


def _faults(profile: Profile) -> Iterator[Fault]:
    """What types cannot express: where, what, remedy."""
    if not profile.name.isprintable() or profile.name.casefold() in RESERVED:
        yield ["name"], f"{profile.name!r} cannot name an actor", "Choose another name"
    if not any(True for _ in profile.claims()):
        yield ["schema"], "makes no claim", "Add at least one, such as [[infrastructure]]"
    for section, place, claim in profile.claims():
        here = (section, place)
        if claim.expires <= claim.date:
            yield [*here, "expires"], "expires before it begins", "Give a later day than `date`"
        if isinstance(claim, Mark):
            yield from _mark_faults(claim, here)
        if isinstance(claim, Programme):
            yield from _outside(claim.capabilities, CAPABILITIES, [*here, "capabilities"], "capability")
        if isinstance(claim, KnownCampaign):
            for at, indicator in enumerate(claim.indicators):
                path: list[str | int] = [*here, "indicators", at, "kind"]
                yield from _outside([indicator.kind], INDICATORS, path, "kind of indicator")


def _mark_faults(claim: Mark, here: tuple[str, int]) -> Iterator[Fault]:
    if (claim.kind in INFRASTRUCTURE) != (here[0] == "infrastructure"):
        other = "metadata" if here[0] == "infrastructure" else "infrastructure"
        yield [*here, "kind"], f"{claim.kind} does not belong to [[{here[0]}]]", f"Move it to [[{other}]]"
    for value in claim.values:
        what, remedy = _value_fault(claim.kind, value)
        if what:
            yield [*here, "values"], what, remedy


def _value_fault(kind: str, value: str) -> tuple[str, str]:
    """What is wrong with one value, and the remedy; empty if nothing is."""
    if kind == "prefix":
        try:
            read_network(value)
        except InputError as error:
            return error.what, error.remedy
    if kind in ("asn", "hosting") and not re.fullmatch(r"(AS)?[1-9][0-9]{0,9}", value):
        return f"{value!r} is not a number of an autonomous system", "Write it like AS64496"
    if kind == "metadata" and not re.fullmatch(r"[^=*]+=.+", value):
        return (
            f"{value!r} is not an entry of request metadata",
            "Write it like name=value; * may stand in the value",
        )
    if "*" in value and not MARKS[kind].column:
        return (
            f"{kind} {value!r} is a pattern",
            f"Patterns are for {', '.join(k.name for k in MARKS.values() if k.column)}",
        )
    if len(value.replace("*", "").partition("=")[2 if kind == "metadata" else 0]) < 3 and MARKS[kind].column:
        return f"{value!r} would match almost anything", "Write at least three characters besides *"
    if kind == "email_domain" and not re.fullmatch(r"[a-z0-9.-]+\.[a-z0-9-]+", value):
        return f"{value!r} is not a domain", "Write it in lower case, like mail.example"
    return "", ""


def _outside(
    found: Iterable[str], known: Iterable[str], path: Sequence[str | int], what: str
) -> Iterator[Fault]:
    for name in found:
        if name not in known:
            yield path, f"{name!r} is no {what}", f"Use some of {', '.join(known)}"
