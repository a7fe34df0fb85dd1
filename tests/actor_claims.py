"""Claims, statements and sightings of made-up actors, for tests of attribution."""

from __future__ import annotations

from datetime import date, timedelta

from stillwatch.attribute.actors.kinds import INDICATORS, MARKS, PROGRAMME, RELEASE, WORKING_HOURS
from stillwatch.attribute.actors.marks import Statement
from stillwatch.attribute.actors.profile import Claim
from stillwatch.attribute.actors.rates import Rate, Rates
from stillwatch.attribute.actors.weigh import Sighting

WHEN = date(2026, 11, 1)
ALL = {k.name: k for k in (*INDICATORS.values(), *MARKS.values(), PROGRAMME, RELEASE, WORKING_HOURS)}
HIT, MISS, GAP = Sighting(20, 40, 0, 50_000), Sighting(0, 40, 0, 50_000), Sighting()
CLASSES = sorted({f"{k.family}.{k.faking}" for k in ALL.values()})
RATES = Rates(
    command="by hand",
    trials=1000,
    scale=0.8,
    bound_bits=12.0,
    of={name: Rate((90.0, 100.0), 120.0, (2.0, 500.0), 2.0) for name in CLASSES},
)


def claim(
    *, grade: str = "A1", source: str = "own logs", age: int = 10, lasts: int = 200, alleged_by: str = ""
) -> Claim:
    """A claim so many days old that holds for so many days from its date on."""
    made = WHEN - timedelta(days=age)
    return Claim(
        statement="uses it",
        source=source,
        date=made,
        reliability=grade,
        expires=made + timedelta(days=lasts),
        contradicted_by="somebody else uses it",
        alleged_by=alleged_by,
    )


def statement(kind: str, actor: str = "Amber", made: Claim | None = None, *, name: str = "") -> Statement:
    """A statement of that kind."""
    k = ALL[kind]
    return Statement(
        name or kind,
        actor,
        kind,
        k.family,
        k.faking,
        k.cap_bits,
        made or claim(),
        basis=k.held,
        capabilities=(),
    )
