"""Vectorised draws from the fitted distributions; the generator is an argument, equal generators give equal
draws.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.lab.fit.lengths import LengthTables
from stillwatch.lab.fit.renewal import renewal_times
from stillwatch.lab.fit.tables import Lengths, Rates, Reals, Turns, lengths, rates, turns
from stillwatch.lab.fit.tables import arrivals as fitted_arrivals

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
DAY_US = 86_400_000_000


def client_rates(rng: np.random.Generator, n: int, kind: str) -> Reals:
    """Requests per day of n clients (n,). Kinds: `person`, `developer`, `batch`, `service`."""
    return draw_rates(rng, n, rates(kind))


def burstiness(rng: np.random.Generator, n: int) -> Reals:
    """Coefficient of variation of the times between requests of n clients (n,); 1 = Poisson, less =
    regular.
    """
    return draw_quantiles(rng, n, fitted_arrivals().cv)


def day_curves(
    rng: np.random.Generator, n: int, *, hours: int, phase: Reals, swing: float | None = None
) -> npt.NDArray[np.float32]:
    """Hourly intensity of n clients over a window that starts on a Monday, mean 1. Shape (n, hours).

    `phase[i]` is the hour of the window's clock at which client i is quietest; `swing` is the amplitude of all
    of them, drawn for each if not given.
    """
    fitted = fitted_arrivals()
    swings = draw_quantiles(rng, n, fitted.swing) if swing is None else np.full(n, swing)
    weekend = draw_quantiles(rng, n, fitted.weekend)
    wave = (fitted.day - fitted.day.min()) / (fitted.day.max() - fitted.day.min())
    hour = np.arange(hours)
    local = (hour[None, :] - phase[:, None].astype(np.int64)) % 24
    free = (hour // 24) % 7 >= 5
    curves = (1 - swings[:, None] * (1 - wave[local])) * np.where(free[None, :], weekend[:, None], 1.0)
    return np.asarray(curves / curves.mean(axis=1, keepdims=True), np.float32)


def arrivals(
    rng: np.random.Generator,
    per_day: Reals,
    cv: Reals,
    *,
    days: float,
    curves: npt.NDArray[np.float32],
    curve: I32,
) -> tuple[I32, I64]:
    """Requests of n clients: index of the client and microseconds since the start, in order by client and
    time.

    Client i sends `per_day[i]` requests a day on average, its gaps Gamma distributed with the given
    coefficient of variation in the time of its clock `curves[curve[i]]` (hourly intensity, mean 1). Exact:
    the process is in equilibrium at the start and stretched by the clock (time change of a renewal process).
    """
    owner, at = renewal_times(rng, per_day * days, cv, curves, curve, days * 24)
    return owner, np.minimum(at * (DAY_US / 24), days * DAY_US - 1).astype(np.int64)


def token_lengths(rng: np.random.Generator, n: int, kind: str) -> tuple[I32, I32]:
    """Tokens of n requests and of their answers (n,), drawn together.

    Kinds: `conversation`, `code`, `summarise`, `service`.
    """
    return draw_lengths(rng, n, lengths(kind))


def sessions(rng: np.random.Generator, n: int, kind: str) -> I32:
    """Turns of n sessions (n,), at least 1. Kinds: `coding`, `chat`."""
    return draw_turns(rng, n, turns(kind))


def pauses(rng: np.random.Generator, n: int, kind: str) -> Reals:
    """Seconds between turns of a session (n,). Kinds: `coding`, `chat`."""
    fitted = turns(kind)
    return fitted.gap_seconds * np.exp(fitted.gap_spread * rng.standard_normal(n))


def draw_rates(rng: np.random.Generator, n: int, fitted: Rates) -> Reals:
    """n draws from a table of rates (n,)."""
    return fitted.median_per_day * np.exp(fitted.spread * rng.standard_normal(n))


def draw_lengths(rng: np.random.Generator, n: int, fitted: Lengths) -> tuple[I32, I32]:
    """n draws from a table of joint lengths, requests and answers (n,)."""
    u, v = rng.random(n), rng.random(n)
    table = LengthTables(fitted.inputs[None], fitted.outputs[None])
    kind = np.zeros(n, np.int8)
    return table.request(kind, u).astype(np.int32), table.answer(kind, u, v).astype(np.int32)


def draw_turns(rng: np.random.Generator, n: int, fitted: Turns) -> I32:
    """n draws from a table of session shapes (n,)."""
    more = 2 + rng.negative_binomial(fitted.shape, fitted.shape / (fitted.shape + fitted.mean), n)
    return np.where(rng.random(n) < fitted.single, 1, more).astype(np.int32)


def draw_quantiles(rng: np.random.Generator, n: int, table: Reals) -> Reals:
    """n draws from a table of quantiles at equal steps of probability (n,)."""
    return np.interp(rng.random(n), np.linspace(0, 1, len(table)), table)
