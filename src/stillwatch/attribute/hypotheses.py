"""Explanations of a group, each with the measurements it expects.

An expectation is a density of one feature (`expectation.py`). A hypothesis that expects nothing of a feature has
density 1, no evidence either way. Expectations are fitted by `lab` on groups that the same pipeline formed from
training traffic, and can be read and changed in `hypotheses.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from stillwatch.attribute.expectation import Given, is_expectation
from stillwatch.attribute.features import FEATURES
from stillwatch.model.errors import ExtensionError
from stillwatch.model.families import FAMILIES


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One explanation: `innocent` ones end an examination, `coordinated` ones are kept as such.

    Of `requires` {feature: least value} one must be met for the explanation to be possible at all. `joint`: two
    explanations at once, of different families.
    """

    name: str
    title: str
    kind: str  # "distillation", "coordinated" or "innocent"
    prior_bits: float
    expects: Mapping[str, Given]
    requires: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    joint: bool = False

    def possible(self, measured: Mapping[str, float]) -> bool:
        """Whether the relation it names is visible: a required feature reaches its value, or none is known.

        An undeclared, invisible relation explains nothing, however well the rest would fit.
        """
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
        if not isinstance(pair, list | tuple) or not is_expectation(pair):
            raise ExtensionError(
                f"{feature} = {pair!r} is no expectation",
                where=place,
                remedy="Give [mean between 0 and 1, positive concentration], or shares that add up to 1",
            )
    return Hypothesis(
        name,
        str(table.get("title", name)),
        str(table["kind"]),
        float(table.get("prior_bits", 0.0)),  # type: ignore[arg-type]
        {feature: tuple(map(float, given)) for feature, given in expects.items()},
        _requires(table.get("requires", {}), place),
        joint="like" in table,
    )


def _joint(table: Mapping[str, object], place: str, given: Mapping[str, Hypothesis]) -> dict[str, Given]:
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
