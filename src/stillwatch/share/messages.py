"""The messages that partners exchange: one record per kind, each with a version in its name and limits in its types."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from stillwatch.share.agreement import Kind, Pap, Terms, Time, Tlp
from stillwatch.share.identity import Hex32

MESSAGE_LIMIT = 1_000_000
ATTACHMENT_LIMIT = 64_000_000
MOST_ITEMS = 5_000
LONGEST_LIFE = 30 * 86_400

Hex16 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$", min_length=32, max_length=32)]
MaybeHex16 = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{32})?$", max_length=32)]
MaybeHex32 = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?$", max_length=64)]
Count = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Size = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
Permille = Annotated[int, msgspec.Meta(ge=0, le=1_000)]
Epoch = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
Origins = Annotated[tuple[Hex32, ...], msgspec.Meta(max_length=64)]
Digits = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{0,62}$", max_length=62)]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record inside a message."""


class Body(Part, frozen=True, kw_only=True, tag_field="kind"):
    """What a message says; subclasses are its kinds."""


class Proposal(Body, frozen=True, kw_only=True, tag="agreement.v1"):
    """Terms that the sender holds; they bind nobody until a person here accepts them."""

    terms: Terms


class Indicator(Part, frozen=True, kw_only=True):
    """A keyed digest of a value, with the days it was seen."""

    kind: Kind
    digest: Hex32
    first_day: Epoch
    last_day: Epoch


class Indicators(Body, frozen=True, kw_only=True, tag="indicators.v1"):
    """Keyed digests under the key of one epoch, and where they come from."""

    epoch: Epoch
    items: Annotated[tuple[Indicator, ...], msgspec.Meta(min_length=1, max_length=MOST_ITEMS)]
    origins: Origins = ()


class SetRequest(Body, frozen=True, kw_only=True, tag="psi_request.v1"):
    """Round 1 of an intersection: the size of our set and the commitment to it; blinded elements attached."""

    session: Hex16
    indicator_kind: Kind
    size: Size
    commitment: Hex32


class SetResponse(Body, frozen=True, kw_only=True, tag="psi_response.v1"):
    """Round 2: evaluated elements in shuffled order, then the tags of the other set."""

    session: Hex16
    request_size: Size
    size: Size
    commitment: Hex32


class SetSize(Body, frozen=True, kw_only=True, tag="psi_size.v1"):
    """Round 3: how many elements both sets have."""

    session: Hex16
    overlap: Size


class ElementsRequest(Body, frozen=True, kw_only=True, tag="psi_elements_request.v1"):
    """Round 4, only if a person agreed: which elements are they?"""

    session: Hex16
    approved_role: Kind


class SetOrder(Body, frozen=True, kw_only=True, tag="psi_order.v1"):
    """Round 5, only if a person on the other side agreed as well: the order of round 2, attached."""

    session: Hex16
    approved_role: Kind


class Elements(Body, frozen=True, kw_only=True, tag="psi_elements.v1"):
    """Round 6: outputs of the function for the common elements, attached, so that both sides know the same."""

    session: Hex16
    overlap: Size


class Share(Part, frozen=True, kw_only=True):
    """Part of a campaign's traffic that goes for one capability, in tenths of a percent."""

    capability: Kind
    permille: Permille


class Sketch(Part, frozen=True, kw_only=True):
    """Keyed sketch of one template signature: its smallest keyed shingle hashes."""

    minima: Annotated[tuple[Count, ...], msgspec.Meta(min_length=1, max_length=64)]


class Summary(Body, frozen=True, kw_only=True, tag="summary.v1"):
    """A campaign without its customers. Fields that the agreement leaves out are empty."""

    campaign: Hex16
    epoch: Epoch
    method: Literal["rounded", "private"]
    epsilon_permille: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    accounts: Count | None = None
    exchanges: Count | None = None
    capabilities: Annotated[tuple[Share, ...], msgspec.Meta(max_length=40)] = ()
    first_day: Epoch | None = None
    last_day: Epoch | None = None
    rhythm: Digits = ""
    templates: Annotated[tuple[Sketch, ...], msgspec.Meta(max_length=32)] = ()
    origins: Origins = ()


class Opinion(Body, frozen=True, kw_only=True, tag="opinion.v1"):
    """What a partner makes of something we named: a campaign of a summary, or a session."""

    subject: Hex16
    opinion: Literal["confirmed", "investigate", "not_seen", "false_positive"]
    basis: Literal["own_observation", "partner_report", "public_report"]
    confidence: Literal["low", "moderate", "high"]
    origins: Origins = ()


class Sighting(Body, frozen=True, kw_only=True, tag="sighting.v1"):
    """A keyed indicator was seen in the sender's own traffic; the count is rounded."""

    epoch: Epoch
    indicator: Indicator
    count: Count
    origins: Origins = ()


class Retraction(Body, frozen=True, kw_only=True, tag="retraction.v1"):
    """The sender takes back a message; whatever rests on it is to be looked at again."""

    message: Hex16
    reason: Literal["mistaken", "withdrawn_by_source", "legal", "superseded", "compromised"]


AnyBody = (
    Proposal
    | Indicators
    | SetRequest
    | SetResponse
    | SetSize
    | ElementsRequest
    | SetOrder
    | Elements
    | Summary
    | Opinion
    | Sighting
    | Retraction
)


class Message(Part, frozen=True, kw_only=True):
    """The envelope: who says it to whom under which agreement, in which order, until when, about which attachment."""

    version: Literal[1]
    id: Hex16
    sender: Hex32
    audience: Hex32
    agreement: Hex32
    sequence: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
    issued: Time
    expires: Time
    tlp: Tlp
    pap: Pap
    body: AnyBody
    in_reply_to: MaybeHex16 = ""
    attachment: MaybeHex32 = ""
    attachment_bytes: Annotated[int, msgspec.Meta(ge=0, le=ATTACHMENT_LIMIT)] = 0


class Signed(Part, frozen=True, kw_only=True):
    """A message and the Ed25519 signature over its canonical bytes."""

    message: Message
    signature: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{128}$", min_length=128, max_length=128)]


def kind_of(body: Body) -> str:
    """Name of a kind without its version, as agreements list it: `summary`, `psi_request`."""
    return str(body.__struct_config__.tag).partition(".")[0]


def origins_of(body: Body) -> tuple[str, ...]:
    """Where the sender says that the content comes from."""
    return tuple(getattr(body, "origins", ()))
