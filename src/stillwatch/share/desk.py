"""The desk where messages are handled: check, work out, write, answer. The same for the server and the command line."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from stillwatch.model.errors import RefusedError
from stillwatch.model.records import Reading, Writing
from stillwatch.share.gate import Approval, elements_content, masked
from stillwatch.share.identity import Identity
from stillwatch.share.inbox import Receipt, examine, receive, refuse
from stillwatch.share.messages import ElementsRequest, Message, SetOrder, kind_of
from stillwatch.share.outbox import Outgoing, approval_for, send
from stillwatch.share.partners import agreement_in_force
from stillwatch.share.rounds import Reaction, Table, carry_out, counted, react

MOST_ROUNDS = 8
log = logging.getLogger(__name__)

Post = Callable[[bytes], tuple[str, bytes]]  # hands over a frame; reason of a refusal, frame that answers


@dataclass(frozen=True, slots=True)
class Desk:
    """Our keys, the table for intersections, and how to open a transaction on the case store."""

    identity: Identity
    table: Table
    reading: Callable[[], AbstractContextManager[Reading]]
    writing: Callable[[], AbstractContextManager[Writing]]
    now: Callable[[], int]

    def handle(self, data: bytes) -> tuple[Receipt, bytes]:
        """What becomes of a frame, and the frame that answers it, empty if none does.

        Checked first, then worked out with no transaction open, then checked again and written in one.
        """
        us = self.identity.fingerprint
        with self.reading() as looked:
            opened = examine(looked, us, data, self.now())
        reaction = Reaction()
        if opened.error is None and opened.message is not None:
            try:
                with self.reading() as looked:
                    reaction = react(looked, self.table, opened.message, opened.frame.attachment)
            except RefusedError as error:
                with self.writing() as store:
                    return self._logged(refuse(store, opened, error), opened.message), b""
        with self.writing() as store:
            receipt = receive(store, us, data)
            answer = self._carry_out(store, receipt, reaction)
        if receipt.message is not None:
            receipt = replace(receipt, common=counted(receipt.message, reaction))
        return self._logged(receipt, opened.message), answer

    def post(self, frame: bytes, post: Post) -> Receipt:
        """Send a frame and handle the answers to and fro. Returns the last receipt.

        Raises `RefusedError` with the partner's reason if he refuses the first.
        """
        receipt = Receipt("", "sent")
        for _ in range(MOST_ROUNDS):
            reason, reply = post(frame)
            if reason:
                raise RefusedError(reason, f"the partner refused it: {reason}")
            if not reply:
                return receipt
            receipt, frame = self.handle(reply)
            if not frame:
                return receipt
        return receipt

    def _carry_out(self, store: Writing, receipt: Receipt, reaction: Reaction) -> bytes:
        message = receipt.message
        if message is None:
            return b""
        carry_out(store, self.table, message, reaction)
        if reaction.out is None:
            return b""
        approval = self._approval(store, message, reaction.out)
        return send(
            store, self.identity, message.sender, message.agreement, reaction.out, approval
        ).to_bytes()

    def _approval(self, store: Writing, message: Message, out: Outgoing) -> Approval | None:
        if not isinstance(out.body, SetOrder | ElementsRequest):
            return None
        terms = agreement_in_force(store, message.agreement, message.sender)
        return approval_for(store, terms, elements_content(out.body.session))

    def _logged(self, receipt: Receipt, message: Message | None) -> Receipt:
        """Events hold kinds, sizes and reasons: no digest, no value, no key."""
        if receipt.message is not None:
            log.info("message_accepted %s", masked(receipt.message.body))
        else:
            log.warning("message_refused %s", {"reason": receipt.reason, "kind": _kind(message)})
        return receipt


def _kind(message: Message | None) -> str:
    return kind_of(message.body) if message else ""
