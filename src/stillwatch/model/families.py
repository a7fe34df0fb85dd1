"""Evidence families and kinds of value, with the integers that stand for them in `holdings`.

The code of a kind is 100 times its family's code and a number: 301 is the first kind of family 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

FAMILIES = ("network", "client", "identity", "payment", "content", "protocol", "timing")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value that accounts can share; `code` is what `holdings.kind` holds."""

    code: int
    name: str
    family: str
    title: str


_ROWS = (
    (101, "address", "network", "client address"),
    (102, "net24", "network", "/24 or /48 network"),
    (103, "network_kind", "network", "kind of network"),
    (104, "signup_address", "network", "address at sign-up"),
    (105, "asn", "network", "autonomous system"),
    (201, "client", "client", "User-Agent, SDK, header order and JA4 together"),
    (202, "user_agent", "client", "User-Agent"),
    (203, "ja4", "client", "JA4 fingerprint"),
    (204, "header_order", "client", "header order"),
    (205, "params", "client", "parameter vector"),
    (206, "signup_client", "client", "User-Agent and JA4 at sign-up"),
    (207, "sdk", "client", "SDK headers"),
    (301, "email_domain", "identity", "e-mail domain"),
    (302, "email_pattern", "identity", "e-mail pattern and domain"),
    (303, "phone", "identity", "phone"),
    (304, "organization", "identity", "declared organization"),
    (305, "end_user", "identity", "end-user field"),
    (306, "metadata", "identity", "request metadata"),
    (307, "signup_day", "identity", "day of sign-up"),
    (308, "signup_hour", "identity", "hour of sign-up"),
    (309, "email_digest", "identity", "e-mail address"),
    (310, "api_key", "identity", "API key"),
    (401, "instrument", "payment", "payment instrument"),
    (402, "neighbour", "payment", "neighbouring card numbers"),
    (403, "issuer", "payment", "issuer range"),
    (404, "payment_kind", "payment", "kind of payment"),
    (501, "template", "content", "prompt frame"),
    (502, "system", "content", "system text"),
    (503, "tools", "content", "tool definitions"),
    (504, "schema", "content", "output schema"),
    (505, "exact", "content", "same prompt"),
    (506, "wording", "content", "same request in other words"),
    (601, "continuation", "protocol", "conversation continued by another account"),
    (602, "reasoning_replay", "protocol", "reasoning block replayed by another account"),
    (701, "handoff", "timing", "hand-over after a refusal or ban"),
    (702, "debut", "timing", "day of the first exchange"),
)

KINDS: Mapping[str, Kind] = MappingProxyType({row[1]: Kind(*row) for row in _ROWS})
BY_CODE: Mapping[int, Kind] = MappingProxyType({kind.code: kind for kind in KINDS.values()})


def family_code(family: str) -> int:
    """The integer that stands for a family in `holdings.family`, from 1."""
    return FAMILIES.index(family) + 1
