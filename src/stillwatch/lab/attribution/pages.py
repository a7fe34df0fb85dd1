"""The page of attribution figures."""

from __future__ import annotations

import platform
from collections.abc import Sequence

import numpy as np

from stillwatch import __version__
from stillwatch.attribute.actors.rates import Rates
from stillwatch.lab.attribution.endtoend import GRADE, SCALE, SEEDS, Checked
from stillwatch.lab.attribution.figures import Figures, Row
from stillwatch.lab.intervals import Figure
from stillwatch.lab.reference.markdown import table
from stillwatch.lab.reliability.measures import Bin

PICTURE = "attribution.png"
INTRO = """\
Simulated actors own cards and phones, rent networks or go through relays that they share with others, use clients
and frames, and change all of these from month to month, the careful ones nearly everything. Half of them have
profiles, made from their earlier campaigns: some claims are wrong (as often as their grade says), all age, and some
have expired. Others imitate them: they take over what is cheap to fake, rent what their victim rents, and now and
then plant a stolen card. Campaigns are simulated as what a scan would find, not as traffic; one section goes the
whole way on a few. None of this says how often real actors share, change or imitate: the figures show that the
method does what it says if the world is of this kind, and how it fails if it is not."""


def page(found: Sequence[Figures], checked: Sequence[Checked], rates: Rates, command: str) -> str:
    """The page: costs, reliability, who was named, tracked groups, the check from traffic on, how to run it again."""
    parts = [
        "# Does attribution hold?",
        "<!-- Written by `python -m stillwatch.lab.attribution`. Run it again, do not edit. -->",
        INTRO,
        f"![Share of campaigns that were the actor's, against the probability stated]({PICTURE})",
    ]
    for one in found:
        parts += _set(one)
    parts += ["## From traffic on", _WHOLE_WAY, table(_CHECK_HEAD, [_check_row(c) for c in checked])]
    parts += ["## What was learned", _learned(rates), table(_RATE_HEAD, _rate_rows(rates))]
    versions = f"Stillwatch {__version__}, Python {platform.python_version()}, numpy {np.__version__}"
    parts += ["## Run it again", f"```sh\n{command}\n```", f"{versions}."]
    return "\n\n".join(parts) + "\n"


_WHOLE_WAY = (
    f"Two months of traffic (scenario `actors`, scale {SCALE:g}, seeds {SEEDS[0]} to {SEEDS[-1]}), simulated and "
    "scanned, each world with one key. The profile is drafted by `stillwatch actors --from` from the first month, all "
    f"its claims graded {GRADE}; the second month is scanned with it and with the state of the first. Found means that "
    "the scan calls it distillation: who is not accused is not attributed."
)
_CHECK_HEAD = (
    "seed",
    "campaign of the second month",
    "found",
    "probability of the actor",
    "false flag",
    "unknown",
    "ladder",
    "tied to its first campaign",
)
_RATE_HEAD = ("class of claims", "shown by its actor, fresh", "half-life, days", "by others")


def _set(one: Figures) -> list[str]:
    n = sum(r.campaigns for r in one.rows)
    costs = "; ".join(f"{m.name} {m.value:.3f} ({m.low:.3f} to {m.high:.3f})" for m in one.costs)
    said = (
        f"{len(one.seeds)} worlds, seeds {one.seeds[0]} to {one.seeds[-1]}, {n:,} campaigns. {costs}: 0 is perfect, "
        "1 says nothing; the difference is what calibration costs. Intervals are 95%, bootstrapped over worlds."
    )
    return [
        f"## {one.title}",
        said,
        table(
            ("stated", "mean stated", "seen", "95% interval", "the actor's", "others'"),
            [_bin(b) for b in one.bins],
        ),
        table(
            (
                "campaigns of",
                "number",
                "its actor named",
                "somebody else named",
                "cannot attribute",
                "somebody else over 50%",
                "mean probability of its actor",
            ),
            [_row(r) for r in one.rows],
        ),
        "Tracked groups, pairs of campaigns at most a month apart:",
        table(("pair", "tied"), [(kind, _figure(f)) for kind, f in one.linked.items()]),
    ]


def _row(r: Row) -> tuple[str, ...]:
    own = f"{r.own:.0%}" if r.condition.startswith("profiled") else ""
    return (
        r.condition,
        f"{r.campaigns:,}",
        *(_figure(f) for f in (r.right, r.wrong, r.nobody, r.blamed)),
        own,
    )


def _figure(f: Figure) -> str:
    return (
        f"{f.part:,} of {f.whole:,}, {f.value:.1%} ({f.low:.1%} to {f.high:.1%})"
        if f.value is not None
        else ""
    )


def _bin(b: Bin) -> tuple[str, ...]:
    interval = f"{b.seen_low:.0%} to {b.seen_high:.0%}"
    return (
        f"{b.low:.0%} to {b.high:.0%}",
        f"{b.stated:.1%}",
        f"{b.seen:.1%}",
        interval,
        f"{b.harvests:,}",
        f"{b.innocent:,}",
    )


def _check_row(c: Checked) -> tuple[str, ...]:
    if not c.found:
        return (str(c.seed), c.campaign, "no", "", "", "", "", "")
    tied = "yes" if c.tied else "no"
    return (
        str(c.seed),
        c.campaign,
        "yes",
        f"{c.actor:.0%}",
        f"{c.false_flag:.0%}",
        f"{c.unknown:.0%}",
        c.ladder,
        tied,
    )


def _learned(rates: Rates) -> str:
    return (
        f"Learned by `{rates.command}` from {rates.trials:,} classes of claims against somebody else's campaign. The "
        f"sum of family weights counts {rates.scale:g} of itself, and {rates.bound_bits:g} bits at most."
    )


def _rate_rows(rates: Rates) -> list[tuple[str, ...]]:
    return [
        (
            name,
            f"{r.shown[0] / r.shown[1]:.0%}",
            f"{r.half_life_days:g}",
            f"{r.coincidence[0] / r.coincidence[1]:.1%}",
        )
        for name, r in sorted(rates.of.items())
    ]
