"""What a group is like: a few dozen measurements between 0 and 1, each of one evidence family.

Table `group_features` (group_id, feature, value, n): `n` accounts or exchanges behind the value; a feature
without data has no row, which is no evidence either way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Feature:
    """One measurement: its family, the question it answers, and the words for it in a statement."""

    name: str
    family: str
    question: str
    needs: tuple[str, ...] = ()


_ROWS = (
    Feature(
        "shared_network",
        "network",
        "members on a network that is mostly the group's own",
        ("client_address",),
    ),
    Feature("network_covered", "network", "members whom networks tie to the group", ("client_address",)),
    Feature("one_exit", "network", "members on the commonest /24 or /48", ("client_address",)),
    Feature(
        "client_lift",
        "client",
        "members with a client that others hardly use",
        ("user_agent", "sdk", "ja4", "header_order"),
    ),
    Feature(
        "params_lift",
        "client",
        "members with a parameter vector that others hardly use",
        ("temperature", "max_tokens"),
    ),
    Feature(
        "email_lift",
        "identity",
        "members with an e-mail pattern, domain or phone that others hardly have",
        ("email_pattern", "email_domain"),
    ),
    Feature("identity_covered", "identity", "members whom sign-up facts tie to the group"),
    Feature(
        "label_lift",
        "identity",
        "members with an end-user field or metadata that others hardly send",
        ("end_user", "request_metadata"),
    ),
    Feature(
        "signup_lift",
        "identity",
        "members who signed up in hours or days crowded with the group",
        ("created_at",),
    ),
    Feature(
        "one_organization", "identity", "members in the commonest declared organization", ("organization_id",)
    ),
    Feature(
        "one_domain", "identity", "members in the commonest e-mail domain of their own", ("email_domain",)
    ),
    Feature("declared", "identity", "members with a declared use that explains coordination", ("declared",)),
    Feature("permitted", "identity", "members permitted to distil", ("declared",)),
    Feature("verified", "identity", "members verified by document or contract", ("verification",)),
    Feature("disposable", "identity", "members with a disposable e-mail domain", ("email_domain",)),
    Feature("education", "identity", "members in the education programme", ("program",)),
    Feature(
        "shared_instrument",
        "payment",
        "members who share a payment instrument with another",
        ("payment_fingerprint",),
    ),
    Feature(
        "payment_covered",
        "payment",
        "members whom payment ties to the group",
        ("payment_kind", "payment_fingerprint"),
    ),
    Feature("one_instrument", "payment", "members on the commonest instrument", ("payment_fingerprint",)),
    Feature("neighbours", "payment", "members with neighbouring card numbers", ("neighbour_key",)),
    Feature(
        "payment_lift",
        "payment",
        "members with an issuer or kind of payment that others hardly have",
        ("payment_kind", "issuer_key"),
    ),
    Feature("invoiced", "payment", "members who pay by invoice", ("payment_kind",)),
    Feature(
        "flow_share",
        "content",
        "members' exchanges that fill the group's frames",
        ("prompt_text", "system_text"),
    ),
    Feature("novelty", "content", "demixed exchanges whose filling is new", ("prompt_text",)),
    Feature(
        "repeated", "content", "demixed exchanges whose whole prompt several members sent", ("prompt_text",)
    ),
    Feature("private_frames", "content", "demixed exchanges in frames that are not public", ("prompt_text",)),
    Feature("harvest_intent", "content", "demixed exchanges that ask for training data", ("prompt_text",)),
    Feature("one_intent", "content", "demixed exchanges of the commonest harvest intent", ("prompt_text",)),
    Feature(
        "asking_spread",
        "content",
        "members who ask for training data, of those who would if all asked alike",
        ("prompt_text",),
    ),
    Feature("single_turn", "content", "demixed exchanges without earlier turns", ("turn",)),
    Feature("common_frame", "content", "members who fill the group's commonest frame", ("prompt_text",)),
    Feature(
        "many_frames",
        "content",
        "of eight: private frames that a tenth of the members fill",
        ("prompt_text",),
    ),
    Feature(
        "schema_share",
        "content",
        "demixed exchanges with a required output schema or tools",
        ("response_schema_key", "tools_key"),
    ),
    Feature(
        "long_answers",
        "content",
        "demixed exchanges with answers longer than three quarters of all",
        ("output_tokens",),
    ),
    Feature(
        "crossed",
        "protocol",
        "members whose conversation or reasoning another account carried on",
        ("prefix_key", "next_prefix_key"),
    ),
    Feature("clock", "timing", "evenness of activity over the hours of the day"),
    Feature("even_usage", "timing", "evenness of how much each member takes through the group's frames"),
    Feature("two_days", "timing", "demixed exchanges on the two busiest days"),
    Feature("short_life", "timing", "members first active within two days of sign-up", ("created_at",)),
    Feature(
        "hand_off", "timing", "members who started within an hour after a ban of another holder of the frame"
    ),
    Feature(
        "balanced",
        "timing",
        "evenness with which work is shared out over members, beyond chance and their own rhythms",
    ),
    Feature(
        "synchrony",
        "timing",
        "of eightfold: members active in the same ten minutes, more often than their own days explain",
    ),
    Feature("like_bursts", "timing", "likeness of how bursty members are, against accounts of like volume"),
    Feature(
        "common_change",
        "timing",
        "members whose activity began, ended or changed within one day, beyond random accounts",
    ),
    Feature(
        "signup_burst",
        "identity",
        "members who signed up within three hours of another, beyond the rate of sign-ups then",
        ("created_at",),
    ),
    Feature(
        "failed_over",
        "timing",
        "refused requests that another member sent again within a minute",
        ("status",),
    ),
    Feature(
        "taken_over",
        "timing",
        "bans and last refusals after which another member took up the frame within ten minutes, beyond chance",
    ),
    Feature("address_churn", "network", "distinct addresses per exchange", ("client_address",)),
    Feature("token_limit", "content", "exchanges that ran into the length limit", ("finish_reason",)),
    Feature("refusals", "timing", "exchanges refused with 429 or 403", ("status",)),
    Feature("model_pivot", "timing", "traffic moved to a model within a day of its release"),
)
# more of these is stronger evidence of a campaign, so a group beyond expectation is not judged milder
RISING = frozenset(
    {
        "shared_network", "network_covered", "client_lift", "params_lift", "email_lift", "identity_covered",
        "label_lift", "signup_lift", "disposable", "payment_covered", "neighbours", "payment_lift",
        "flow_share", "novelty", "private_frames", "harvest_intent", "one_intent", "single_turn",
        "common_frame", "many_frames", "crossed", "hand_off", "model_pivot", "asking_spread",
    }
)  # fmt: skip
# what the answers are for; the other measurements of content say how much in concert they are asked for
PURPOSE = frozenset({"harvest_intent", "one_intent", "long_answers", "token_limit"})
# of these, what speaks for a harvest but not against: a grader's answer is a number
ONE_SIDED = frozenset({"long_answers", "token_limit"})
# what the exchanges of a mixed group are picked by (`link/demix.py`)
PICKED_BY = frozenset({"harvest_intent", "one_intent", "single_turn"})
FEATURES: Mapping[str, Feature] = MappingProxyType({f.name: f for f in _ROWS})
CONTENT = frozenset(f.name for f in _ROWS if f.family == "content")
