"""What a live source hands on, and the bounded queue it goes through."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stillwatch.ingest.rows import Batch


def _nothing() -> None:
    """Nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Records of a source. Once they are durable, `positions` say where to go on after a restart, and `done` is
    told."""

    origin: str
    batches: tuple[Batch, ...]
    size: int  # bytes as they came in
    positions: Mapping[str, Any] = field(default_factory=dict)
    done: Callable[[], None] = _nothing


class Queue:
    """Deliveries on their way, at most `most` bytes of them; one that is larger passes alone."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: deque[Delivery] = deque()
        self._size = 0
        self._closed = False
        self._changed = threading.Condition()

    @property
    def size(self) -> int:
        """Bytes waiting."""
        return self._size

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._held

    @property
    def full(self) -> bool:
        """Whether what comes next has to wait."""
        return self._size >= self._most

    def put(self, delivery: Delivery, *, seconds: float) -> bool:
        """Add it, waiting at most so long for room; false if there was none or the queue was closed."""
        until = time.monotonic() + seconds
        with self._changed:
            while not self._closed and self._size and self._size + delivery.size > self._most:
                left = until - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    return False
            if self._closed:
                return False
            self._held.append(delivery)
            self._size += delivery.size
            self._changed.notify_all()
        return True

    def get(self, *, seconds: float) -> Delivery | None:
        """The next one, waiting at most so long."""
        until = time.monotonic() + seconds
        with self._changed:
            while not self._held:
                left = until - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    return None
            delivery = self._held.popleft()
            self._size -= delivery.size
            self._changed.notify_all()
        return delivery

    def close(self) -> None:
        """Take nothing more; whoever waits for room is told so."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
