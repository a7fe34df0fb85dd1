"""Many small campaigns of every sort among ordinary customers: for training and calibration, not for figures.

What the disclosed campaigns differ in is spread over a grid: requests per account, rewording, networks, cells,
clients, pathways and camouflage. So what is learned from it does not hang on one campaign's habits.
"""

from __future__ import annotations

from functools import partial

from stillwatch.lab.attacks.raid import Raid, raid
from stillwatch.lab.population.scenario import Campaign, Scenario

_KINDS = (
    ("reasoning",),
    ("rubric", "sensitive"),
    ("generation", "evolution"),
    ("agentic", "solutions"),
    ("solutions", "reasoning", "rubric"),
    ("agentic", "generation"),
    ("evolution", "reasoning"),
    ("sensitive", "solutions"),
)
_NETWORKS = ((0.42, 0.3, 0.1, 0.18), (0.6, 0.4, 0.0, 0.0), (0.1, 0.2, 0.1, 0.6), (0.2, 0.2, 0.6, 0.0))
_WAYS = (
    (("api", 1.0),),
    (("api", 0.6), ("aster", 0.25), ("birch", 0.15)),
    (("api", 0.5), ("education", 0.3), ("startup", 0.2)),
)


def _campaign(i: int) -> Campaign:
    how = Raid(
        kinds=_KINDS[i % 8],
        variants=2 + i % 4,
        frames=2 + i % 3,
        per_account=(4.0, 12.0, 40.0, 120.0, 300.0)[i % 5],
        reword=(0.0, 0.15, 0.3, 0.45)[(i // 2) % 4],
        run=(0.2, 3.0, 8.0)[i % 3],
        gap=(900.0, 60.0, 12.0)[i % 3],
        clients=3 + i % 6,
        vectors=3 + (i * 5) % 7,
        ways=_WAYS[i % 3],
        networks=_NETWORKS[(i // 3) % 4],
        camouflage=(0.0, 0.3, 0.6)[(i // 4) % 3],
        pivot=0.5 if i % 7 == 3 else 0.0,
        retreat=0.7 if i % 7 == 5 else 0.0,
        cell=(10, 20, 40)[(i // 5) % 3],
        routed=i % 6 != 0,
    )
    return Campaign(f"drill-{i:02d}", f"actor-drill-{i % 9}", 200, partial(raid, how=how))


SCENARIO = Scenario(
    name="drill",
    title="Twenty-four small campaigns of every sort, for training and calibration",
    days=14,
    accounts=30_000,
    campaigns=tuple(_campaign(i) for i in range(24)),
)
