"""Learned rates: how often an actor shows what is claimed of it, how often somebody else does, and how fast claims age.

`lab` learns them on simulated actors (`python -m stillwatch.lab.attribution --learn`); they ship as `rates.toml`.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from typing import Annotated

import msgspec

from stillwatch.model.errors import ExtensionError

Z = 1.96  # 95%
Counts = tuple[Annotated[float, msgspec.Meta(ge=0)], Annotated[float, msgspec.Meta(gt=0)]]


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rates of one class of claims, such as `payment.hard`.

    `shown`: of so many trials (second) with a fresh true claim so many (first) showed it; half of that is left after
    `half_life_days`. `coincidence`: the same for campaigns of others, against profiles with `claims` live claims.
    """

    shown: Counts
    half_life_days: Annotated[float, msgspec.Meta(gt=0)]
    coincidence: Counts
    claims: Annotated[float, msgspec.Meta(gt=0)]

    def fades(self, age_days: float) -> float:
        """What is left of a claim's chance to be seen after so many days."""
        return float(0.5 ** (max(age_days, 0.0) / self.half_life_days))


class Rates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All rates. The sum of family weights counts `scale` of itself and never more than `bound_bits` either way: no
    likelihood ratio is larger than the trials it was learned on can show."""

    command: str
    trials: int
    scale: Annotated[float, msgspec.Meta(gt=0, le=1)]
    bound_bits: Annotated[float, msgspec.Meta(gt=0, le=20)]
    of: Mapping[str, Rate]


def read_rates(text: str, *, where: str) -> Rates:
    """The rates of a TOML text.

    Raises `ExtensionError` if it is not such a file.
    """
    try:
        return msgspec.convert(tomllib.loads(text), Rates)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ExtensionError(
            f"are no rates: {error}",
            where=where,
            remedy="Write them anew with python -m stillwatch.lab.attribution --learn",
        ) from error


def interval(counts: Counts) -> tuple[float, float, float]:
    """A rate between 0 and 1 and its 95% interval (Wilson), both ends strictly inside.

    >>> [round(x, 3) for x in interval((5, 10))]
    [0.5, 0.237, 0.763]
    """
    hits, n = counts
    p = hits / n
    centre, z2 = p + Z * Z / (2 * n), Z * Z / n
    half = Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n))
    low, high = (centre - half) / (1 + z2), (centre + half) / (1 + z2)
    middle = (hits + 0.5) / (n + 1)
    return _inside(middle), _inside(min(low, middle)), _inside(max(high, middle))


def _inside(p: float) -> float:
    return min(max(p, 1e-6), 1 - 1e-6)
