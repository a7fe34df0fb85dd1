"""Everything that rests on a message taken back: corroborations, exhibits, decisions, and what we passed on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MESSAGE, CORROBORATION, EXHIBIT = "message", "corroboration", "exhibit"
DECISION, SENT = "decision", "sent"


@dataclass(frozen=True, slots=True)
class Node:
    """A thing that rests on others or that others rest on: its kind and its id."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Fallout:
    """What a retraction reaches: decisions to review, corroborations that no longer count, messages to take back."""

    corroborations: tuple[str, ...]
    decisions: tuple[str, ...]
    sent: tuple[str, ...]
    paths: Mapping[str, tuple[Node, ...]]


def fallout(edges: Iterable[tuple[Node, Node]], retracted: Node) -> Fallout:
    """What rests on `retracted`, directly or through others; edges run from a ground to what rests on it.

    Circles do no harm. `paths` shows for each thing reached one shortest chain of grounds, for the reviewer.
    """
    onward: dict[Node, list[Node]] = {}
    for ground, resting in sorted(edges, key=lambda e: (e[0].kind, e[0].id, e[1].kind, e[1].id)):
        onward.setdefault(ground, []).append(resting)
    paths: dict[Node, tuple[Node, ...]] = {retracted: (retracted,)}
    queue = [retracted]
    while queue:
        node = queue.pop(0)
        for resting in onward.get(node, ()):
            if resting not in paths:
                paths[resting] = (*paths[node], resting)
                queue.append(resting)
    reached = [node for node in paths if node != retracted]

    def of(kind: str) -> tuple[str, ...]:
        return tuple(sorted(node.id for node in reached if node.kind == kind))

    return Fallout(of(CORROBORATION), of(DECISION), of(SENT), {node.id: paths[node] for node in reached})
