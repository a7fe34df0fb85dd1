"""Chance that two requests carry the same parameters."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.registry import signal
from stillwatch.signals.sql.shares import share_of_equal_pairs


@signal(
    grain="account",
    reads=["keys"],
    unit="share",
    direction=+1,
    version=1,
    family="client",
)
def parameter_constancy(t: Tables, *, window: Window) -> Relation:
    """Chance that two different requests of an account carry the same parameters.

    Temperature, limits, streaming and reasoning effort together.

    Why it points to distillation: a program sets its parameters once; somebody who explores changes them.
    Innocent look-alikes: every finished product has constant parameters and fires, so it is weak: it
    separates programs from people at a workbench.
    Cost of evading it: nothing; parameters can be drawn at random, which is itself odd and costs quality.
    Source: docs/signals/parameter_constancy.md
    """
    return share_of_equal_pairs("params_key", window=window)
