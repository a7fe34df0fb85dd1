"""How many requests each client may make in a minute."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

MOST_CLIENTS = 10_000


@dataclass(slots=True)
class Limiter:
    """A bucket per client that fills steadily; `take` says whether one more may be taken at a time in seconds."""

    per_minute: int
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, client: str, now: float) -> bool:
        """Take one, if there is one."""
        with self._lock:
            left = self._left(client, now)
            self._keep(client, left - 1 if left >= 1 else left, now)
            return left >= 1

    def may(self, client: str, now: float) -> bool:
        """Whether there is one, without taking it."""
        with self._lock:
            return self._left(client, now) >= 1

    def _left(self, client: str, now: float) -> float:
        left, at = self._buckets.get(client, (float(self.per_minute), now))
        return min(float(self.per_minute), left + max(now - at, 0.0) * self.per_minute / 60)

    def _keep(self, client: str, left: float, now: float) -> None:
        self._buckets[client] = (left, now)
        self._buckets.move_to_end(client)
        while len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
