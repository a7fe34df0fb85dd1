"""When requests arrive: hourly intensity over the window, one curve per way of life."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from stillwatch.lab.fit.samplers import day_curves, draw_quantiles
from stillwatch.lab.fit.tables import arrivals
from stillwatch.lab.population.draws import Reals

HOUR_US = 3_600_000_000

# share of a day's requests by local hour, people at work and at home: smooth curves, peak = 1
_OFFICE = (2, 1, 1, 1, 1, 2, 6, 18, 45, 78, 95, 98, 80, 84, 100, 98, 88, 68, 42, 26, 20, 15, 9, 4)
_HOME = (22, 12, 7, 4, 3, 4, 8, 18, 28, 36, 42, 46, 48, 48, 50, 54, 60, 68, 80, 94, 100, 92, 70, 42)


@dataclass(slots=True)
class Clocks:
    """Curves by number; each has one weight per hour of the window."""

    hours: int
    _curves: list[npt.NDArray[np.float32]] = field(default_factory=list)
    _known: dict[bytes, int] = field(default_factory=dict)

    def add(self, weights: npt.ArrayLike) -> int:
        """Number of the curve; weights per hour, not all zero."""
        curve = np.broadcast_to(np.asarray(weights, np.float64), (self.hours,))
        curve = curve if curve.sum() > 0 else np.ones(self.hours)
        fixed = (curve / curve.sum()).astype(np.float32)
        key = fixed.tobytes()
        if key not in self._known:
            self._known[key] = len(self._curves)
            self._curves.append(fixed)
        return self._known[key]

    def people(self, rng: np.random.Generator, *, office: float | None = None) -> int:
        """A person's week in some time zone; `office` is the share of working hours, drawn if not given.

        What runs at night, by itself or because somebody is up, is drawn from the amplitudes of the traces.
        """
        work = rng.choice([0.0, 0.3, 0.6, 0.9]) if office is None else office
        curve = daily(self.hours, zone=_zone(rng), office=float(work))
        night = 1 - float(draw_quantiles(rng, 1, arrivals().swing)[0])
        return self.add(night * curve.max() + (1 - night) * curve)

    def machine(self, rng: np.random.Generator, *, swing: float | None = None) -> int:
        """A service that never sleeps: the daily wave and the weekend of a client of the traces, with slow ups
        and downs between days. `swing` is the wave's amplitude, 0 to 1, drawn if not given.
        """
        days = np.repeat(rng.lognormal(0, 0.3, self.hours // 24 + 1), 24)[: self.hours]
        phase = np.array([rng.integers(24)])
        return self.add(days * day_curves(rng, 1, hours=self.hours, phase=phase, swing=swing)[0])

    def nightly(self, rng: np.random.Generator) -> int:
        """A scheduled job: one hour of the day, every day or on weekdays."""
        hour = int(rng.integers(24))
        hours = np.arange(self.hours)
        on = (hours % 24 == hour).astype(float)
        return self.add(on * (working_days(self.hours) if rng.random() < 0.4 else 1.0))

    def event(self, rng: np.random.Generator, *, at: float, decay: float, awake: bool = True) -> int:
        """Everything after one moment (`at`, share of the window), dying away over `decay` hours."""
        hours = np.arange(self.hours)
        start = at * self.hours
        curve = np.where(hours >= start, np.exp(-(hours - start) / decay), 0.0)
        zone = _zone(rng)
        return self.add(curve * (daily(self.hours, zone=zone, office=0.3) if awake else 1.0))

    def between(self, weights: npt.ArrayLike, start: float, end: float) -> int:
        """The curve, only between two hours of the window."""
        hours = np.arange(self.hours)
        last = max(end, start + 1)
        return self.add(np.asarray(weights) * ((hours >= np.floor(start)) & (hours < np.ceil(last))))

    def curve(self, number: int) -> Reals:
        """Weights of a curve."""
        return self._curves[number].astype(np.float64)

    def freeze(self) -> Reals:
        """Cumulative weights of all curves end to end, curve i in (i, i + 1]."""
        edges = np.cumsum(np.stack(self._curves).astype(np.float64), axis=1)
        edges /= edges[:, -1:]
        return (edges + np.arange(len(edges))[:, None]).ravel()


def daily(hours: int, *, zone: int, office: float) -> Reals:
    """A day's curve repeated over the window, shifted to the time zone (hours east)."""
    local = (np.arange(hours) + zone) % 24
    at_work, at_home = np.array(_OFFICE) / 100, np.array(_HOME) / 100
    return office * at_work[local] * working_days(hours) + (1 - office) * at_home[local] * 0.8


def _zone(rng: np.random.Generator) -> int:
    return int(rng.choice(_ZONES, p=np.array(_ZONE_SHARES) / 100))


def working_days(hours: int) -> Reals:
    """1 on weekdays, 0.2 at weekends; the window starts on a Monday."""
    return np.where((np.arange(hours) // 24) % 7 < 5, 1.0, 0.2)


def draw_hours(edges: Reals, hours: int, clocks: npt.NDArray[np.integer], u: Reals) -> Reals:
    """Times in hours since the start of the window, one per clock. Shape (n,)."""
    place = np.minimum(
        np.searchsorted(edges, clocks + u, side="right"), clocks.astype(np.int64) * hours + hours - 1
    )
    low = np.where(place % hours == 0, clocks, edges[np.maximum(place - 1, 0)])
    width = np.maximum(edges[place] - low, 1e-12)
    return place % hours + np.clip((clocks + u - low) / width, 0.0, 0.999999)


_ZONES = (-8, -7, -6, -5, -3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
_ZONE_SHARES = (9, 3, 5, 11, 5, 6, 12, 6, 4, 2, 9, 3, 5, 11, 6, 3)  # per cent
