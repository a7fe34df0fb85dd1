"""What one export may say, to whom and in whose name."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from stillwatch.model.errors import UsageError
from stillwatch.model.kernels.hashing import HashKey

FIELDS = ("account", "address", "asn", "email_domain", "template")
NEED_DATASET = frozenset({"address", "asn", "email_domain"})
PROFILES = ("strict", "extended")
PERMITTED = ("clear", "green", "amber", "red")  # Permissible Actions Protocol, from open to closed
CALLED = 16  # hexadecimal digits of a pseudonym


@dataclass(frozen=True, slots=True)
class Publication:
    """Settings of an export.

    `publisher` is the organisation that says it; `audience` whom it is said to: another audience sees other pseudonyms;
    `at` when the finding was made; `fields` which plain values may leave.
    `tlp` says to whom a receiver may pass it on, `pap` (Permissible Actions Protocol) what a receiver may do with it.
    """

    publisher: str
    at: datetime
    key: HashKey
    audience: str = ""
    tlp: str = "amber"
    pap: str = "amber"
    profile: str = "strict"
    fields: frozenset[str] = frozenset()
    valid_days: int = 90

    def account(self, account_id: str) -> str:
        """How an account is called: a pseudonym, unless plain ids may leave."""
        return account_id if "account" in self.fields else self._pseudonym(account_id)

    def _pseudonym(self, account_id: str) -> str:
        key = b"".join(half.to_bytes(8, "little", signed=True) for half in (self.key.k0, self.key.k1))
        whom = hashlib.blake2b(self.audience.encode(), key=key, person=b"sw-audience").digest()
        digest = hashlib.blake2b(account_id.encode(errors="surrogatepass"), key=whom, person=b"sw-pseudonym")
        return f"account-{digest.hexdigest()[:CALLED]}"


def check_fields(wanted: Collection[str]) -> frozenset[str]:
    """The fields, if all are known. Raises `UsageError`."""
    unknown = sorted(set(wanted) - set(FIELDS))
    if unknown:
        raise UsageError(
            f"there is no field {unknown[0]!r}", remedy=f"Use --fields with any of {', '.join(FIELDS)}"
        )
    return frozenset(wanted)


def check_profile(profile: str) -> str:
    """The profile, if it is known. Raises `UsageError`."""
    if profile not in PROFILES:
        raise UsageError(f"there is no profile {profile!r}", remedy=f"Use one of {', '.join(PROFILES)}")
    return profile


def check_pap(level: str) -> str:
    """The level of the Permissible Actions Protocol in small letters. Raises `UsageError` if there is none such."""
    known = level.lower().removeprefix("pap:")
    if known not in PERMITTED:
        raise UsageError(f"PAP has no level {level!r}", remedy=f"Use one of {', '.join(PERMITTED)}")
    return known
