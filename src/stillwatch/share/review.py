"""Retractions at work: what rests on a message, worked out from the tables; its decisions are marked for review."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stillwatch.model.errors import UsageError
from stillwatch.model.records import Draft, Reading, Row, Writing
from stillwatch.share.ledger import message_of, retracted
from stillwatch.share.messages import origins_of
from stillwatch.share.retract import CORROBORATION, DECISION, EXHIBIT, MESSAGE, SENT, Fallout, Node, fallout

OPEN, UPHELD, CHANGED = "open", "upheld", "changed"


@dataclass(frozen=True, slots=True)
class Review:
    """A decision to look at again: which, because of which message, and by which path."""

    decision_id: str
    message_id: str
    state: str
    path: str


def edges(store: Reading) -> Iterator[tuple[Node, Node]]:
    """What rests on what: messages carry corroborations and exhibits, those later decisions; and what we passed on.

    A decision rests on every corroboration that stood in the store when it was made, and on every exhibit that its
    case had, whether or not it was quoted: it was there to be seen.
    """
    for row in store.rows("corroborations"):
        node = Node(CORROBORATION, str(row["corroboration_id"]))
        yield Node(MESSAGE, str(row["message_id"])), node
        for decision in _decisions_after(store, str(row["campaign_id"]), int(row["entry"])):
            yield node, Node(DECISION, str(decision["decision_id"]))
    yield from _exhibited(store)
    came = {str(row["digest"]): str(row["message_id"]) for row in store.rows("received", accepted=True)}
    for row in store.rows("shared"):
        sent, message = Node(SENT, str(row["message_id"])), message_of(store, "shared", row)
        for origin in origins_of(message.body) if message else ():
            if origin in came:
                yield Node(MESSAGE, came[origin]), sent
        for ground in (store.payload("shared", row) or {}).get("rests_on", ()):
            yield Node(MESSAGE, ground), sent


def apply_retraction(store: Writing, message_id: str) -> Fallout:
    """Mark every decision that rests on a message as to be reviewed; returns all that it reaches."""
    reached = fallout(edges(store), Node(MESSAGE, message_id))
    for decision in reached.decisions:
        path = " → ".join(f"{node.kind} {node.id}" for node in reached.paths[decision])
        _keep(store, Review(decision, message_id, OPEN, path))
    return reached


def reach(store: Reading, message_id: str) -> Fallout:
    """What rests on a message, without marking anything."""
    return fallout(edges(store), Node(MESSAGE, message_id))


def reviews(store: Reading) -> tuple[Review, ...]:
    """All reviews as they stand, in the order they were opened."""
    last: dict[tuple[str, str], Row] = {}
    for row in store.rows("reviews"):
        last[str(row["decision_id"]), str(row["message_id"])] = row
    return tuple(
        Review(decision, message, str(row["state"]), str(row["path"]))
        for (decision, message), row in last.items()
    )


def settle(store: Writing, decision_id: str, state: str) -> tuple[Review, ...]:
    """Settle the open reviews of a decision as `upheld` or `changed`. Raises `UsageError` if there are none."""
    if state not in (UPHELD, CHANGED):
        raise UsageError(f"no outcome {state!r}", remedy=f"Give {UPHELD} or {CHANGED}")
    waiting = [r for r in reviews(store) if r.decision_id == decision_id and r.state == OPEN]
    if not waiting:
        raise UsageError(
            f"no open review of decision {decision_id!r}", remedy="List them: stillwatch share reviews"
        )
    for review in waiting:
        _keep(store, Review(review.decision_id, review.message_id, state, review.path))
    return tuple(waiting)


def to_take_back(store: Reading) -> tuple[str, ...]:
    """Messages of ours that rest on a retracted one and that we have not taken back ourselves."""
    ours = {str(row["named"]) for row in store.rows("shared", kind="retraction")}
    found = {sent for gone in retracted(store) for sent in reach(store, gone).sent}
    return tuple(sorted(found - ours))


def _exhibited(store: Reading) -> Iterator[tuple[Node, Node]]:
    """Messages that are exhibits, and the decisions of their cases that were made on these."""
    for row in store.rows("exhibits"):
        if not row["message_id"]:
            continue
        node = Node(EXHIBIT, str(row["exhibit_id"]))
        yield Node(MESSAGE, str(row["message_id"])), node
        for decision in store.rows("decisions", case_id=row["case_id"]):
            if int(decision["exhibits"]) >= int(row["number"]):
                yield node, Node(DECISION, str(decision["decision_id"]))


def _decisions_after(store: Reading, campaign_id: str, entry: int) -> Iterator[Row]:
    for case in store.rows("cases", campaign_id=campaign_id):
        yield from (d for d in store.rows("decisions", case_id=case["case_id"]) if int(d["entry"]) > entry)


def _keep(store: Writing, review: Review) -> None:
    row = {
        "row_id": store.new_id("review"),
        "decision_id": review.decision_id,
        "message_id": review.message_id,
        "state": review.state,
        "path": review.path,
        "at": store.stamp.at,
        "person": store.stamp.person,
        "role": store.stamp.role,
    }
    store.add("reviews", [Draft(row)], action=f"review_{review.state}")
