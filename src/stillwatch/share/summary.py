"""A campaign as it may be told to a partner: counts without accuracy, templates as keyed sketches, mix and timing."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from stillwatch.model.errors import RefusedError
from stillwatch.share.messages import Share, Sketch, Summary
from stillwatch.share.noise import private_count, rounded

SKETCH_SIZE = 32
SHINGLE_WORDS = 3
HASH_BITS = 39  # fits a count of at most 10^12 in a message
MOST_TEMPLATES = 32
MOST_DAYS = 62
EXCHANGES_PER_ACCOUNT = 1_000  # more of one account are not counted when noise is to hide the account
TENTH = 100  # permille


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """What we know of a campaign and a summary may draw on. `exchanges_by_account` holds counts, no names."""

    campaign: str
    exchanges_by_account: tuple[int, ...]
    capabilities: Mapping[str, int]
    exchanges_by_day: Mapping[int, int]
    signatures: tuple[str, ...]
    origins: tuple[str, ...] = ()


def summarise(
    facts: CampaignFacts,
    *,
    fields: Sequence[str],
    key: bytes,
    epoch: int,
    method: Literal["rounded", "private"] = "rounded",
    epsilon_permille: int = 0,
) -> Summary:
    """The summary of a campaign with the fields that an agreement allows, under the key of an epoch.

    `private` spends half of epsilon on each of the two counts; the other fields are coarse in both methods (tenths
    of the exchanges, sevenths of the busiest day) and are sent for campaigns of ten accounts or more only.
    """
    counts = facts.exchanges_by_account
    if len(counts) < 10:
        raise RefusedError("too_few", "a summary of fewer than ten accounts would point at persons")
    if method == "private" and epsilon_permille < 2:
        raise RefusedError("budget", "noise needs an epsilon", remedy="Give --epsilon, such as 0.5")
    accounts, exchanges = _counts(counts, method, epsilon_permille)
    days = sorted(facts.exchanges_by_day)
    timed = "timing" in fields and bool(days)
    return Summary(
        campaign=facts.campaign,
        epoch=epoch,
        method=method,
        epsilon_permille=epsilon_permille if method == "private" else 0,
        accounts=accounts if "accounts" in fields else None,
        exchanges=exchanges if "exchanges" in fields else None,
        capabilities=_mix(facts.capabilities) if "capabilities" in fields else (),
        first_day=days[0] if timed else None,
        last_day=days[-1] if timed else None,
        rhythm=rhythm(facts.exchanges_by_day) if timed else "",
        templates=sketches(key, facts.signatures) if "templates" in fields else (),
        origins=facts.origins,
    )


def rhythm(by_day: Mapping[int, int]) -> str:
    """One digit a day from the first, 0 to 7 parts of the busiest day, at most 62 days.

    >>> rhythm({20000: 70, 20002: 11})
    '701'
    """
    days = sorted(by_day)
    most = max(by_day.values(), default=0)
    span = range(days[0], min(days[-1], days[0] + MOST_DAYS - 1) + 1) if days else range(0)
    return "".join(str(round(7 * by_day.get(day, 0) / most)) for day in span) if most else ""


def sketch(key: bytes, signature: str) -> Sketch:
    """The smallest keyed hashes of a signature's word shingles: alike signatures share most of them.

    Without the key the numbers are random; with it, a signature that one knows can be recognised and no other read.
    """
    words = signature.lower().split()
    width = min(SHINGLE_WORDS, max(1, len(words)))
    shingles = {" ".join(words[at : at + width]) for at in range(max(1, len(words) - width + 1))}
    hashes = sorted({_short(key, shingle) for shingle in shingles})
    return Sketch(minima=tuple(hashes[:SKETCH_SIZE]))


def sketches(key: bytes, signatures: Iterable[str]) -> tuple[Sketch, ...]:
    """Sketches of signatures, sorted, so that their order says nothing."""
    made = {sketch(key, signature).minima for signature in signatures if signature.strip()}
    return tuple(Sketch(minima=minima) for minima in sorted(made)[:MOST_TEMPLATES])


def resemblance(a: Sketch, b: Sketch) -> float:
    """Estimate of the Jaccard similarity of two sketched signatures (bottom-k of the union)."""
    union = sorted(set(a.minima) | set(b.minima))[:SKETCH_SIZE]
    both = set(a.minima) & set(b.minima)
    return sum(value in both for value in union) / len(union)


def _counts(counts: Sequence[int], method: str, epsilon_permille: int) -> tuple[int, int]:
    if method == "rounded":
        return rounded(len(counts)), rounded(sum(counts))
    half = epsilon_permille // 2
    clipped = sum(min(count, EXCHANGES_PER_ACCOUNT) for count in counts)
    return (
        private_count(len(counts), epsilon_permille=half, sensitivity=1),
        private_count(clipped, epsilon_permille=half, sensitivity=EXCHANGES_PER_ACCOUNT),
    )


def _mix(capabilities: Mapping[str, int]) -> tuple[Share, ...]:
    total = sum(capabilities.values()) or 1
    shares = {name: round(10 * n / total) * TENTH for name, n in capabilities.items()}
    return tuple(Share(capability=name, permille=value) for name, value in sorted(shares.items()) if value)


def _short(key: bytes, shingle: str) -> int:
    wide = hmac.digest(key, b"template shingle\0" + shingle.encode(), "sha256")
    return int.from_bytes(wide[:8], "big") >> (64 - HASH_BITS)


def check_summary(summary: Summary) -> None:
    """Raise `RefusedError` (`contradictory`) for a summary that contradicts itself."""
    wrong = (
        (summary.first_day is None) != (summary.last_day is None),
        (summary.first_day or 0) > (summary.last_day or 0),
        summary.accounts is not None
        and summary.exchanges is not None
        and summary.method == "rounded"
        and summary.exchanges * 2 < summary.accounts,  # rounding moves either by less than a half
        sum(share.permille for share in summary.capabilities) > 1_500,  # tenths of 40 capabilities round up
        len({share.capability for share in summary.capabilities}) != len(summary.capabilities),
        (summary.method == "private") != (summary.epsilon_permille > 0),
        any(list(one.minima) != sorted(set(one.minima)) for one in summary.templates),
    )
    if any(wrong):
        raise RefusedError("contradictory", "the summary contradicts itself")
