"""When to look: at the end of each window of event time, once what comes late has had its time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """Length of a window; how late a record may come; seconds without a record after which everything is looked at."""

    every: timedelta = timedelta(hours=1)
    lateness: timedelta = timedelta(minutes=1)
    idle_seconds: float = 60.0


class Windows:
    """Which look is due. `looked` is the event time up to which was looked before, `None` before the first look."""

    def __init__(self, settings: WindowSettings, looked: datetime | None) -> None:
        self._settings = settings
        self.looked = looked

    def due(self, first: int | None, newest: int | None, now: datetime, idle: float) -> datetime | None:
        """The event time up to which to look now, if there is something new before it.

        `first` and `newest` are the earliest and latest event time in µs; a clock that runs ahead of `now` does not
        close a window early. `idle` are seconds in which nothing came, 0 if everything was looked at.
        """
        if first is None or newest is None:
            return None
        begun = self.looked or _EPOCH + first * _US
        last = min(_EPOCH + newest * _US, now)
        end = last - self._settings.lateness
        end -= (end - _EPOCH) % self._settings.every
        if end > begun:
            return end
        if idle >= self._settings.idle_seconds:
            return max(_EPOCH + newest * _US + _US, begun)
        return None
