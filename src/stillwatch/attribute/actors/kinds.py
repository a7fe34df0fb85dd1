"""Kinds of claim a profile can make: their family of evidence, how they can be faked, what they weigh at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Faking = Literal["hard", "rented", "cheap", "context"]

FAMILIES = ("network", "client", "identity", "payment", "content", "programme", "timing")
CAPABILITIES = ("reasoning", "rubric", "generation", "evolution", "agentic", "solutions", "sensitive")


@dataclass(frozen=True, slots=True)
class ClaimKind:
    """One kind of claim.

    `faking`: `hard` needs something that only its owner has; `rented` is had by whoever pays, a relay's customers
    among them; `cheap` is a string or a habit that anybody can copy; `context` is public knowledge. `held` are the
    kinds of value (`model.families`) it is looked up in, `column` the input column where patterns are allowed.
    """

    name: str
    family: str
    faking: Faking
    cap_bits: float
    held: tuple[str, ...] = ()
    column: str = ""


_MARKS = (
    ClaimKind("prefix", "network", "rented", 5.0, ("net24", "signup_address", "address")),
    ClaimKind("asn", "network", "rented", 2.0, ("asn",)),
    ClaimKind("hosting", "network", "rented", 2.0, ("asn",)),
    ClaimKind("certificate", "identity", "hard", 8.0, ("metadata",), "request_metadata"),
    ClaimKind("ja4", "client", "cheap", 3.0, ("ja4",)),
    ClaimKind("user_agent", "client", "cheap", 3.0, ("user_agent",), "user_agent"),
    ClaimKind("sdk", "client", "cheap", 3.0, ("sdk",), "sdk"),
    ClaimKind("header_order", "client", "cheap", 3.0, ("header_order",)),
    ClaimKind("harness", "client", "cheap", 3.0, ("user_agent",), "user_agent"),
    ClaimKind("end_user", "identity", "cheap", 3.0, ("end_user",), "end_user"),
    ClaimKind("metadata", "identity", "cheap", 3.0, ("metadata",), "request_metadata"),
    ClaimKind("email_domain", "identity", "hard", 8.0, ("email_domain",)),
)
MARKS: Mapping[str, ClaimKind] = MappingProxyType({kind.name: kind for kind in _MARKS})

_INDICATORS = (
    ClaimKind("address", "network", "rented", 5.0, ("address",)),
    ClaimKind("net24", "network", "rented", 5.0, ("net24",)),
    ClaimKind("signup_address", "network", "rented", 5.0, ("signup_address",)),
    ClaimKind("asn", "network", "rented", 2.0, ("asn",)),
    ClaimKind("client", "client", "cheap", 3.0, ("client",)),
    ClaimKind("user_agent", "client", "cheap", 3.0, ("user_agent",)),
    ClaimKind("ja4", "client", "cheap", 3.0, ("ja4",)),
    ClaimKind("header_order", "client", "cheap", 3.0, ("header_order",)),
    ClaimKind("sdk", "client", "cheap", 3.0, ("sdk",)),
    ClaimKind("params", "client", "cheap", 3.0, ("params",)),
    ClaimKind("signup_client", "client", "cheap", 3.0, ("signup_client",)),
    ClaimKind("email_pattern", "identity", "cheap", 3.0, ("email_pattern",)),
    ClaimKind("end_user", "identity", "cheap", 3.0, ("end_user",)),
    ClaimKind("metadata", "identity", "cheap", 3.0, ("metadata",)),
    ClaimKind("email_domain", "identity", "rented", 4.0, ("email_domain",)),  # merchants sell them by the lot
    ClaimKind("phone", "identity", "hard", 8.0, ("phone",)),
    ClaimKind("email_digest", "identity", "hard", 8.0, ("email_digest",)),
    ClaimKind("api_key", "identity", "hard", 8.0, ("api_key",)),
    ClaimKind("instrument", "payment", "hard", 8.0, ("instrument",)),
    ClaimKind("neighbour", "payment", "rented", 3.0, ("neighbour",)),
    ClaimKind("issuer", "payment", "rented", 2.0, ("issuer",)),
    ClaimKind("template", "content", "cheap", 4.0, ("template",)),
    ClaimKind("system", "content", "cheap", 4.0, ("system",)),
    ClaimKind("tools", "content", "cheap", 4.0, ("tools",)),
    ClaimKind("schema", "content", "cheap", 4.0, ("schema",)),
    ClaimKind("wording", "content", "cheap", 4.0, ("wording",)),
    ClaimKind("exact", "content", "cheap", 4.0, ("exact",)),
)  # a kind of network, a day of sign-up or a kind of payment says nothing about who somebody is
INDICATORS: Mapping[str, ClaimKind] = MappingProxyType({kind.name: kind for kind in _INDICATORS})

PROGRAMME = ClaimKind("programme", "programme", "cheap", 2.0)
RELEASE = ClaimKind("release", "timing", "context", 1.0)
WORKING_HOURS = ClaimKind("working_hours", "timing", "context", 0.0)


def class_name(family: str, faking: Faking) -> str:
    """Name under which rates of such claims are learned, such as `payment.hard`."""
    return f"{family}.{faking}"
