"""The ladder: activity cluster, tracked group, named actor; what each rung requires, and what is lacking for the next.

A campaign is an activity cluster. It is (part of) a tracked group if two families, one of them hard to fake, tie it to
another campaign. A name needs much more, and none of it can be bought with evidence that anybody can fake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stillwatch.attribute.actors.admiralty import good
from stillwatch.attribute.actors.posterior import FALSE_FLAG, Posterior
from stillwatch.attribute.actors.weigh import UNIT, Item, Weighed, source_of

CLUSTER, GROUP, NAMED = "activity cluster", "tracked group", "named actor"


@dataclass(frozen=True, slots=True)
class LadderSettings:
    """What a name requires: probability and the low end of its interval; so many families of so many bits; that it
    stays likely without any one family; at most so much for an imitation; so many independent sources, one of them
    graded B2 or better and not merely alleging."""

    posterior: float = 0.95
    low: float = 0.8
    families: int = 3
    family_bits: float = 1.5
    hard_bits: float = 3.0
    without: float = 0.55
    false_flag: float = 0.05
    sources: int = 2


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an actor stands on the ladder: requirements of a name that are met, and those that are not, in words."""

    met: tuple[str, ...]
    unmet: tuple[str, ...]

    @property
    def named(self) -> bool:
        """Whether the actor may be named."""
        return not self.unmet


def standing(
    w: Weighed,
    found: Posterior,
    low: float,
    without: Mapping[str, float],
    settings: LadderSettings | None = None,
) -> Standing:
    """The requirements of a name, checked one by one for one actor."""
    s = settings or LadderSettings()
    shown = [i for i in w.items if i.state == "shown" and i.bits > 0]
    strong = sorted(f for f, bits in w.families.items() if bits.own[0] >= s.family_bits * UNIT)
    hard = sorted(
        {i.statement.family for i in shown if i.statement.faking == "hard" and i.low >= s.hard_bits * UNIT}
    )
    p = found.of[w.actor]
    weakest = min(without.items(), key=lambda kv: (kv[1], kv[0]), default=("", p))
    left = f" without {weakest[0]}" if weakest[0] else ""
    sources = independent(shown)
    firm = [i for i in shown if good(i.statement.claim.reliability) and not i.statement.claim.alleged_by]
    flag = found.of[FALSE_FLAG]
    checks = (
        (p >= s.posterior, f"probability of {s.posterior:.0%} (is {p:.1%})"),
        (low >= s.low, f"low end of its interval at {s.low:.0%} (is {low:.1%})"),
        (
            len(strong) >= s.families,
            f"{s.families} families of {s.family_bits:g} bits (are {len(strong)}{_listed(strong)})",
        ),
        (bool(hard), f"{s.hard_bits:g} bits, at the low end, that are hard to fake (are {_there(hard)})"),
        (weakest[1] >= s.without, f"{s.without:.0%} without any one family (is {weakest[1]:.1%}{left})"),
        (flag <= s.false_flag, f"at most {s.false_flag:.0%} for an imitation (is {flag:.1%})"),
        (sources >= s.sources, f"{s.sources} independent sources (are {sources})"),
        (bool(firm), f"a shown claim graded B2 or better and not merely alleged (is {_there(firm)})"),
    )
    return Standing(tuple(t for ok, t in checks if ok), tuple(t for ok, t in checks if not ok))


def independent(items: Iterable[Item]) -> int:
    """Sources behind items; two that repeat one origin are one."""
    return len({source_of(i.statement.claim) for i in items})


def _there(found: Sequence[object]) -> str:
    return "there" if found else "not there"


def _listed(names: Iterable[str]) -> str:
    text = ", ".join(names)
    return f": {text}" if text else ""
