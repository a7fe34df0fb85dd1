"""What the added-up bits of a group are worth: a monotone curve learned on groups whose truth is known.

Measurements of one group are not independent, so their sum says too much in both directions. The curve turns the
sum into calibrated log-odds at even prior; the prior is added afterwards and stays what the settings say. Beyond
its ends the curve is flat: no group is given more evidence than the groups it was learned on can show.

Source of the flat ends: Vergeer, van Es, de Jongh, Alberink and Stoel, "Numerical likelihood ratios outputted by LR
systems are often based on extrapolation: when to stop extrapolating?", 2016.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Curve:
    """Knots (added-up bits, what they are worth in bits), both rising; straight between them."""

    knots: tuple[tuple[float, float], ...]

    def worth(self, weight_bits: float) -> float:
        """Calibrated weight of an added-up weight.

        >>> curve = Curve(((-20.0, -3.0), (0.0, 1.0), (20.0, 9.0)))
        >>> [curve.worth(w) for w in (-50.0, -10.0, 5.0, 50.0)]
        [-3.0, -1.0, 3.0, 9.0]
        """
        at = bisect_right(self.knots, weight_bits, key=lambda knot: knot[0])
        if at == 0 or at == len(self.knots):
            return self.knots[min(at, len(self.knots) - 1)][1]
        (x0, y0), (x1, y1) = self.knots[at - 1], self.knots[at]
        return y0 + (y1 - y0) * (weight_bits - x0) / (x1 - x0)

    def rises(self) -> bool:
        """Whether it is a curve at all: two knots or more, each farther on and worth more than the one before."""
        pairs = list(pairwise(self.knots))
        return bool(pairs) and all(a[0] < b[0] and a[1] < b[1] for a, b in pairs)
