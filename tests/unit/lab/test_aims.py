"""Floors and ceilings: shown, met, missed, not measured."""

from __future__ import annotations

import pytest

from stillwatch.lab.aims import MET, MISSED, SHOWN, UNKNOWN, Aim, Measured, judge, parse, read_aims, status
from stillwatch.lab.evaluate import pool
from stillwatch.lab.intervals import Tally
from stillwatch.lab.observe import Campaign, Observation, Pairs

FLOOR = Aim("recall", "recall", floor=True, limit=0.95)
CEILING = Aim("accused", "false_positives", floor=False, limit=0.001)


@pytest.mark.parametrize(
    ("aim", "measured", "expected"),
    [
        (FLOOR, Measured(0.97, 0.95, 0.99), SHOWN),
        (FLOOR, Measured(0.97, 0.94, 0.99), MET),
        (FLOOR, Measured(0.94, 0.90, 0.99), MISSED),
        (CEILING, Measured(0.0, 0.0, 0.0009), SHOWN),
        (CEILING, Measured(0.0, 0.0, 0.001), MET),
        (CEILING, Measured(0.002, 0.0, 0.004), MISSED),
        (CEILING, Measured(0.0), MET),
        (CEILING, None, UNKNOWN),
    ],
)
def test_what_becomes_of_an_aim(aim: Aim, measured: Measured | None, expected: str) -> None:
    assert expected == status(aim, measured)


def seen(*, attack: bool) -> Observation:
    tallies = {"cohort/a": (Tally(0, 1, 9_000),), "cohort/b": (Tally(0, 1, 50),)}
    tallies["false_positives"] = (Tally(0, 1, 9_050),)
    campaigns = (Campaign("r", "raid", 40, None, 0.0, 0.0),) if attack else ()
    if attack:
        tallies["recall"] = (Tally(0, 40, 1),)
    return Observation("r", tallies, campaigns, 0, {}, Pairs(0, 0, 0, 0))


def test_a_worst_cohort_is_as_uncertain_as_the_smallest() -> None:
    verdicts = {v.aim.figure: v for v in judge(read_aims(), "benign", pool([seen(attack=False)]))}
    assert {"false_positives", "worst_cohort"} == set(verdicts)
    worst = verdicts["worst_cohort"].measured
    assert worst is not None
    assert 1 - 0.025 ** (1 / 50) == pytest.approx(worst.high)
    assert (MET, MET) == (verdicts["false_positives"].status, verdicts["worst_cohort"].status)


def test_every_aim_is_printed_even_without_a_figure() -> None:
    verdicts = judge(read_aims(), "ladder-6", pool([seen(attack=True)]), {"cost_ratio": Measured(12.0)})
    assert {"recall": MISSED, "cost_ratio": MET, "gone": UNKNOWN} == {
        v.aim.figure: v.status for v in verdicts if v.aim.figure in ("recall", "cost_ratio", "gone")
    }


@pytest.mark.parametrize(
    "row",
    ['figure = "recall"', 'figure = "beauty"\nat_least = 1', 'figure = "recall"\nat_least = 1\nat_most = 2'],
)
def test_an_aim_that_cannot_be_judged_is_refused(row: str) -> None:
    with pytest.raises(Exception, match="aim 1"):
        parse(f"[[aims]]\n{row}\n", where="x")
