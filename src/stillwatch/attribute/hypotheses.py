"""Explanations of a group, each with the measurements it expects.

An expectation is a beta distribution (mean, concentration) of one feature, mixed with a uniform one so that no
single measurement decides: `f(x) = (1 - u) Beta(x; mk, (1 - m)k) + u`. A hypothesis that expects nothing of a
feature has f = 1, no evidence either way. Expectations are fitted by `lab` on groups that the same pipeline
formed from training traffic, and can be read and changed in `hypotheses.toml`.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from stillwatch.attribute.features import FEATURES
from stillwatch.model.errors import ExtensionError
from stillwatch.model.families import FAMILIES

Floats = NDArray[np.float64]

UNIFORM = 0.05
EDGE = 0.02  # measurements closer to 0 or 1 count as this close


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One explanation: `innocent` ones end an examination, `coordinated` ones are kept as such.

    Of `requires` {feature: least value} one must be met, or the relation that it names does not show. `joint`: two
    explanations at once, of different families.
    """

    name: str
    title: str
    kind: str  # "distillation", "coordinated" or "innocent"
    prior_bits: float
    expects: Mapping[str, tuple[float, float]]
    requires: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    joint: bool = False

    def shows(self, measured: Mapping[str, float]) -> bool:
        """Whether the relation it names is visible: a required feature reaches its value, or none is known."""
        known = [measured[name] >= least for name, least in self.requires.items() if name in measured]
        return any(known) or not known


def read_hypotheses(text: str, *, where: str) -> tuple[Hypothesis, ...]:
    """Hypotheses of a TOML text, in its order.

    Raises `ExtensionError` if an expectation names an unknown feature or is out of range, or if
    `distillation` is missing.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ExtensionError(f"is not TOML: {error}", where=where, remedy="Mend the file") from error
    given: dict[str, Hypothesis] = {}
    for name, table in tables.get("hypotheses", {}).items():
        given[name] = _one(name, table, where, given)
    found = tuple(given.values())
    if [h.kind for h in found].count("distillation") != 1:
        raise ExtensionError("needs one hypothesis of kind distillation", where=where, remedy="Add it")
    return found


def _one(name: str, table: Mapping[str, object], where: str, given: Mapping[str, Hypothesis]) -> Hypothesis:
    place = f"{where}: hypotheses.{name}"
    expects = _joint(table, place, given) if "like" in table else table.get("expects", {})
    if table.get("kind") not in ("distillation", "coordinated", "innocent") or not isinstance(expects, dict):
        raise ExtensionError("kind or expects is wrong", where=place, remedy="See the shipped file")
    for feature, pair in expects.items():
        if feature not in FEATURES:
            raise ExtensionError(
                f"unknown feature {feature!r}", where=place, remedy=f"Use one of {', '.join(FEATURES)}"
            )
        if not (isinstance(pair, list | tuple) and len(pair) == 2 and 0 < pair[0] < 1 and pair[1] > 0):
            raise ExtensionError(
                f"{feature} = {pair!r} is not [mean, concentration]",
                where=place,
                remedy="Give a mean between 0 and 1 and a positive concentration",
            )
    return Hypothesis(
        name,
        str(table.get("title", name)),
        str(table["kind"]),
        float(table.get("prior_bits", 0.0)),  # type: ignore[arg-type]
        {feature: (float(pair[0]), float(pair[1])) for feature, pair in expects.items()},
        _requires(table.get("requires", {}), place),
        joint="like" in table,
    )


def _joint(
    table: Mapping[str, object], place: str, given: Mapping[str, Hypothesis]
) -> dict[str, tuple[float, float]]:
    """Expectations of one explanation, but for the families that another explains: two things may be true."""
    families = table.get("families")
    names = [table["like"], *(families.values() if isinstance(families, dict) else ())]
    if not isinstance(families, dict) or not set(families) <= set(FAMILIES) or not set(names) <= set(given):
        raise ExtensionError(
            "like and families do not name hypotheses that stand before it",
            where=place,
            remedy='Write for instance like = "unrelated" and families = { network = "shared_exit" }',
        )
    base = given[str(table["like"])].expects
    out = {f: pair for f, pair in base.items() if FEATURES[f].family not in families}
    for family, other in families.items():
        out |= {f: pair for f, pair in given[other].expects.items() if FEATURES[f].family == family}
    return out


def _requires(found: object, place: str) -> Mapping[str, float]:
    if not isinstance(found, dict) or not set(found) <= set(FEATURES):
        raise ExtensionError(
            "requires is not a table of features", where=place, remedy=f"Use some of {', '.join(FEATURES)}"
        )
    return MappingProxyType({name: float(least) for name, least in found.items()})


def log2_density(x: Floats, mean: float, concentration: float) -> Floats:
    """log2 of the mixed beta density at each measurement; same shape as `x`.

    Within `EDGE` of 0 and of 1 the density is the mean density there, since shares of few accounts are often
    exactly 0 or 1, where a beta density may be infinite.
    """
    a, b = mean * concentration, (1 - mean) * concentration
    inside = np.clip(x, EDGE, 1 - EDGE)
    log_beta = (a - 1) * np.log(inside) + (b - 1) * np.log1p(-inside) - _log_beta_function(a, b)
    density = np.where(
        x < EDGE, _tail(a, b) / EDGE, np.where(x > 1 - EDGE, _tail(b, a) / EDGE, np.exp(log_beta))
    )
    return np.asarray(np.log2((1 - UNIFORM) * density + UNIFORM))


def log2_density_at_most(x: Floats, mean: float, concentration: float) -> Floats:
    """The largest log2 density at any measurement up to each `x`, from the mean on.

    For measurements of which more is stronger evidence: what exceeds the expectation is not held against it.
    """
    grid = np.linspace(mean, 1.0, 101)
    best = np.maximum.accumulate(log2_density(grid, mean, concentration))
    at = np.clip(((x - mean) / max(1.0 - mean, 1e-9) * 100).astype(np.int64), 0, 100)
    return np.where(x <= mean, log2_density(x, mean, concentration), best[at])


def _tail(a: float, b: float) -> float:
    """Share of a beta distribution below `EDGE`: the hypergeometric series of the incomplete beta function.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.5.4.
    """
    term = total = 1.0
    for k in range(200):
        term *= (a + b + k) / (a + 1 + k) * EDGE
        total += term
        if term < 1e-12 * total:
            break
    front = a * math.log(EDGE) + b * math.log1p(-EDGE) - math.log(a) - _log_beta_function(a, b)
    return math.exp(front) * total


def _log_beta_function(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
