"""What a search may turn: values of the parameters of a raid, in order where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from stillwatch.lab.attacks.raid import Raid

KNOBS: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "kinds": (
            ("reasoning",),
            ("solutions", "reasoning"),
            ("generation", "evolution"),
            ("rubric", "sensitive"),
            ("agentic", "solutions"),
            ("reasoning", "rubric", "generation", "solutions", "agentic"),
        ),
        "variants": (1, 2, 4, 8, 16),
        "frames": (1, 2, 3, 4),
        "per_account": (4.0, 12.0, 40.0, 120.0, 300.0, 700.0),
        "spread": (0.2, 0.6, 1.2),
        "origins": (
            (0.8, 0.2, 0.0, 0.0, 0.0),
            (0.34, 0.2, 0.22, 0.14, 0.1),
            (0.05, 0.55, 0.28, 0.12, 0.0),
            (0.0, 0.2, 0.4, 0.4, 0.0),
            (0.0, 0.0, 0.0, 1.0, 0.0),
        ),
        "run": (0.2, 1.0, 3.0, 8.0, 40.0),
        "gap": (9.0, 60.0, 900.0),
        "reword": (0.0, 0.15, 0.3, 0.45, 0.6, 0.8),
        "clients": (1, 3, 8, 20, 60),
        "vectors": (1, 3, 8, 20, 60),
        "ways": (
            (("api", 1.0),),
            (("api", 0.6), ("aster", 0.25), ("birch", 0.15)),
            (("api", 0.4), ("aster", 0.2), ("birch", 0.2), ("education", 0.1), ("startup", 0.1)),
        ),
        "networks": (
            (0.0, 0.0, 0.0, 1.0),
            (0.2, 0.2, 0.2, 0.4),
            (0.45, 0.27, 0.09, 0.19),
            (0.6, 0.4, 0.0, 0.0),
            (0.0, 1.0, 0.0, 0.0),
            (1.0, 0.0, 0.0, 0.0),
        ),
        "camouflage": (0.0, 0.3, 0.6, 0.9),
        "pivot": (0.0, 0.5),
        "retreat": (0.0, 0.7),
        "cell": (1, 3, 10, 20, 40, 80),
        "routed": (True, False),
        "hands": (0.0, 0.3, 0.65, 0.95),
        "passes": (0.0, 0.1, 0.4),
        "grafts": (0.0, 0.15),
        "talk": (0.0, 0.3, 0.8),
        "thinking": (None, 0.0, 0.4),
        "human": (False, True),
        "opened": ((-8.0, 1.0), None, (-90.0, 1.0), (-300.0, -30.0)),
        "lot": (4.0, 12.0, 25.0, 80.0),
        "lot_days": (0.05, 0.25, 2.0, 12.0),
        "cards": (0.0, 0.12, 0.4, 0.9),
        "mates": (0, 2, 8, 25),
        "virtual": (0.0, 0.3, 0.7),
        "names": (0.0, 0.2, 0.45, 0.9),
        "domains": (0.0, 0.1, 0.28, 0.9),
        "exits": (40, 400, 4000),
        "lease": (0.5, 3.0, None, 14.0, 60.0),
    }
)


def drawn(rng: np.random.Generator) -> Raid:
    """A raid with every knob at some value."""
    return Raid(**{name: values[int(rng.integers(len(values)))] for name, values in KNOBS.items()})


def turned(how: Raid, rng: np.random.Generator) -> Raid:
    """The raid with one or two knobs moved to a neighbouring value."""
    names = rng.choice(sorted(KNOBS), size=int(rng.integers(1, 3)), replace=False).tolist()
    return replace(how, **{name: _beside(KNOBS[name], getattr(how, name), rng) for name in names})


def _beside(values: tuple[Any, ...], value: object, rng: np.random.Generator) -> Any:
    at = values.index(value)
    near = [i for i in (at - 1, at + 1) if 0 <= i < len(values)]
    return values[near[int(rng.integers(len(near)))]]
