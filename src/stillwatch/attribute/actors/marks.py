"""What a profile claims, as statements to look up: keyed values, patterns, capabilities, dates.

Values are hashed in the same way as the sketch of the log does it, so a claim meets `holdings` without any text.
Patterns cannot be looked up by hash: they are matched on the input columns, and what comes out is accounts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch.attribute.actors.kinds import (
    INDICATORS,
    MARKS,
    PROGRAMME,
    RELEASE,
    WORKING_HOURS,
    ClaimKind,
    Faking,
    class_name,
)
from stillwatch.attribute.actors.networks import read_network
from stillwatch.attribute.actors.profile import Claim, KnownCampaign, Mark, Profile, Programme, Release
from stillwatch.model.kernels.hashing import HashKey, keyed, keyed_strings, mix

Ints = NDArray[np.int64]
Held = tuple[str, int]  # kind of value in `holdings`, its key
CERTIFICATE = "client_certificate"  # entry of request metadata under which gateways log it


@dataclass(frozen=True, slots=True)
class Statement:
    """One claim of one actor as something that a campaign shows or does not.

    `held` are the values it is looked up by, `patterns` those matched on `column`, `basis` the kinds of value an
    account must have for the claim to be examined at all; `unreadable` says why it cannot be looked up here.
    """

    id: str
    actor: str
    kind: str
    family: str
    faking: Faking
    cap_bits: float
    claim: Claim
    held: tuple[Held, ...] = ()
    column: str = ""
    patterns: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    unreadable: str = ""

    @property
    def rates(self) -> str:
        """Name of the rates it is weighed by."""
        return class_name(self.family, self.faking)


def statements(profile: Profile, key: HashKey, fingerprint: str) -> tuple[Statement, ...]:
    """All statements of a profile under the key of this scan; `fingerprint` names the key."""
    out: list[Statement] = []
    for section, place, claim in profile.claims():
        name = f"{section}[{place}]"
        if isinstance(claim, Mark):
            out.append(_mark(profile.name, name, claim, key))
        elif isinstance(claim, KnownCampaign):
            out += _campaign(profile.name, name, claim, fingerprint)
        elif isinstance(claim, Programme):
            made = _made(PROGRAMME, profile.name, name, claim)
            out.append(replace(made, capabilities=tuple(sorted(set(claim.capabilities)))))
        else:
            out.append(
                _made(RELEASE if isinstance(claim, Release) else WORKING_HOURS, profile.name, name, claim)
            )
    return tuple(out)


def _made(kind: ClaimKind, actor: str, name: str, claim: Claim) -> Statement:
    return Statement(name, actor, kind.name, kind.family, kind.faking, kind.cap_bits, claim, basis=kind.held)


def _mark(actor: str, name: str, claim: Mark, key: HashKey) -> Statement:
    kind = MARKS[claim.kind]
    made = _made(kind, actor, name, claim)
    if claim.shared and kind.faking == "hard":
        made = replace(made, faking="rented", cap_bits=min(kind.cap_bits, 5.0))
    plain = [v for v in claim.values if not _by_pattern(claim.kind, v)]
    wild = [v for v in claim.values if _by_pattern(claim.kind, v)]
    if claim.kind == "certificate":
        wild = [f"{CERTIFICATE}={v}" for v in wild]
    return replace(
        made,
        held=tuple(_held(claim.kind, plain, key)),
        column=kind.column,
        patterns=tuple(wild),
        basis=(*kind.held, "sdk") if claim.kind == "harness" else kind.held,
    )


def _by_pattern(kind: str, value: str) -> bool:
    return "*" in value or kind in ("harness", "metadata", "certificate")


def _held(kind: str, values: Sequence[str], key: HashKey) -> Iterator[Held]:
    """Keys of plain values, as `holdings` has them."""
    if kind == "prefix":
        for value in values:
            found = read_network(value)
            for held in ("net24", "signup_address"):
                for n in keyed(mix(found.networks, np.ones_like(found.networks)), key).tolist():
                    yield held, n
            for n in keyed(found.addresses, key).tolist():
                yield "address", n
    elif kind in ("asn", "hosting"):
        numbers = np.array([int(v.removeprefix("AS")) for v in values], np.int64)
        for n in keyed(mix(numbers, np.full_like(numbers, 2)), key).tolist():
            yield "asn", n
    else:
        for n in keyed_strings(pa.array(values, pa.string()), key).tolist():
            yield kind, n


def _campaign(actor: str, name: str, claim: KnownCampaign, fingerprint: str) -> Iterator[Statement]:
    """A statement for each family and way of faking among a campaign's indicators."""
    parts: dict[tuple[str, str], list[tuple[ClaimKind, Held]]] = {}
    for indicator in claim.indicators:
        kind = INDICATORS[indicator.kind]
        parts.setdefault((kind.family, kind.faking), []).append((kind, (kind.name, indicator.value_key)))
    for (family, faking), found in sorted(parts.items()):
        kind = max((k for k, _ in found), key=lambda k: k.cap_bits)
        made = _made(kind, actor, f"{name}.{family}.{faking}", claim)
        other = (
            ""
            if claim.key == fingerprint
            else (f"its indicators are hashed with the key {claim.key}, this scan uses {fingerprint}")
        )
        yield replace(
            made,
            held=() if other else tuple(sorted({held for _, held in found})),
            basis=tuple(sorted({held[0] for _, held in found})),
            unreadable=other,
        )


def matcher(pattern: str) -> str:
    """The regular expression of a pattern in which `*` stands for anything.

    >>> matcher("amber-*")
    '(?s)^amber\\\\-.*$'
    """
    return f"(?s)^{'.*'.join(re.escape(part) for part in pattern.split('*'))}$"


COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "user_agent": ("user_agent", "sdk"),
        "sdk": ("sdk",),
        "end_user": ("end_user",),
        "request_metadata": ("request_metadata",),
    }
)  # what a pattern on a column is matched on: a harness gives its name in either header


def columns_needed(found: Sequence[Statement]) -> tuple[str, ...]:
    """Input columns that patterns have to be matched on; none where there are no patterns."""
    return tuple(sorted({c for s in found if s.patterns for c in COLUMNS[s.column]}))


def hits(
    batch: pa.RecordBatch, found: Sequence[Statement], accounts: Callable[[pa.Array], Ints]
) -> set[tuple[int, int]]:
    """Pairs of (place of a statement, account) in a batch of exchanges; `accounts` hashes account ids."""
    out: set[tuple[int, int]] = set()
    owners: Ints | None = None
    for place, s in enumerate(found):
        for column in COLUMNS[s.column] if s.patterns else ():
            for pattern in s.patterns:
                rows = _matching(batch.column(column), column, pattern)
                if len(rows):
                    owners = accounts(batch.column("account_id")) if owners is None else owners
                    out.update((place, a) for a in np.unique(owners[rows]).tolist())
    return out


def _matching(values: pa.Array, column: str, pattern: str) -> Ints:
    """Rows of a column that the pattern fits; a metadata pattern is `name=value`."""
    if values.null_count == len(values):
        return np.empty(0, np.int64)
    if column != "request_metadata":
        return _rows(_fits(values, pattern))
    name, _, wanted = pattern.partition("=")
    fit = _rows(pc.and_(pc.fill_null(pc.equal(values.keys, name), False), _fits(values.items, wanted)))
    starts = values.offsets.to_numpy(zero_copy_only=False)
    rows = np.searchsorted(starts, fit, side="right") - 1
    return np.unique(rows[(rows >= 0) & (rows < len(values))]).astype(np.int64)


def _fits(values: pa.Array, pattern: str) -> pa.Array:
    coded = values.dictionary_encode()
    fit = pc.match_substring_regex(coded.dictionary, matcher(pattern))
    return pc.fill_null(fit.take(coded.indices), False)


def _rows(flags: pa.Array) -> Ints:
    return np.flatnonzero(np.asarray(flags.to_numpy(zero_copy_only=False), bool)).astype(np.int64)
