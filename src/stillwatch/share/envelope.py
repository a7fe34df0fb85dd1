"""Messages as bytes: sealed by the sender, opened by the one they are for, refused for anything else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from stillwatch.model.errors import RefusedError
from stillwatch.share.canonical import decode, encode
from stillwatch.share.identity import Card, Identity, is_signed_by
from stillwatch.share.messages import (
    ATTACHMENT_LIMIT,
    LONGEST_LIFE,
    MESSAGE_LIMIT,
    Message,
    Signed,
    origins_of,
)

SKEW_SECONDS = 300
_CONTEXT = b"stillwatch message v1\n"
_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Frame:
    """What travels: the signed message and, for rounds of an intersection, raw bytes that it names by digest."""

    signed: bytes
    attachment: bytes = b""

    def to_bytes(self) -> bytes:
        """Length of the message in four bytes, the message, the attachment."""
        return len(self.signed).to_bytes(_LENGTH_BYTES, "big") + self.signed + self.attachment


def split(data: bytes) -> Frame:
    """The frame that `data` holds. Raises `RefusedError` if it is cut off or too long."""
    if len(data) > _LENGTH_BYTES + MESSAGE_LIMIT + ATTACHMENT_LIMIT:
        raise RefusedError("oversized", f"a frame of {len(data)} bytes")
    length = int.from_bytes(data[:_LENGTH_BYTES], "big")
    if length > MESSAGE_LIMIT:
        raise RefusedError("oversized", f"a message of {length} bytes; {MESSAGE_LIMIT} are allowed")
    if len(data) < _LENGTH_BYTES + length or not length:
        raise RefusedError("malformed", "cut off, or no message at all")
    return Frame(data[_LENGTH_BYTES : _LENGTH_BYTES + length], data[_LENGTH_BYTES + length :])


def seal(message: Message, identity: Identity, attachment: bytes = b"") -> Frame:
    """The frame of a message, signed."""
    signature = identity.sign(_CONTEXT + encode(message)).hex()
    return Frame(encode(Signed(message=message, signature=signature)), attachment)


def attached(attachment: bytes) -> str:
    """How a message names its attachment: SHA-256, or nothing without one."""
    return hashlib.sha256(attachment).hexdigest() if attachment else ""


def peek(frame: Frame) -> Message:
    """The message as it claims to be; nothing about it is checked but its form. For finding the sender's card."""
    return decode(frame.signed, Signed, limit=MESSAGE_LIMIT).message


def open_frame(frame: Frame, card: Card, us: str, now: int) -> Message:
    """The message, if `card` signed it for us and it is in time and whole. Raises `RefusedError` with the reason."""
    signed = decode(frame.signed, Signed, limit=MESSAGE_LIMIT)
    message = signed.message
    if message.sender != card.fingerprint:
        raise RefusedError("unknown_sender", "signed in the name of somebody else")
    data = _CONTEXT + encode(message)
    if not is_signed_by(bytes.fromhex(signed.signature), data, bytes.fromhex(card.signing)):
        raise RefusedError("wrong_signature", "the signature is not the sender's")
    if us in (message.sender,) or message.sender == message.audience:
        raise RefusedError("self_referring", "from us to us")
    if message.audience != us:
        raise RefusedError("wrong_audience", "meant for somebody else")
    _in_time(message, now)
    if message.in_reply_to == message.id or message.id in origins_of(message.body):
        raise RefusedError("self_referring", "it answers itself, or names itself as its origin")
    if len(frame.attachment) != message.attachment_bytes or attached(frame.attachment) != message.attachment:
        raise RefusedError("malformed", "the attachment is not the one that was signed")
    return message


def _in_time(message: Message, now: int) -> None:
    if message.issued > now + SKEW_SECONDS:
        raise RefusedError("not_yet_valid", "issued in the future", remedy="Compare the clocks of both sides")
    if message.expires <= message.issued or message.expires - message.issued > LONGEST_LIFE:
        raise RefusedError("contradictory", "expires before it was issued, or more than 30 days later")
    if message.expires <= now:
        raise RefusedError("expired", "its time is over")
