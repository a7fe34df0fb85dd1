"""Users of a privacy relay, which changes the address with almost every request."""

from __future__ import annotations

from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.exits import Exits

build = Exits("privacy_relay", (2, 20), "chat coding translation summarise", coding=0.5, restless=0.6)

COHORT = Cohort("privacy_relay", "users of a privacy relay", 0.025, 12, 400, 8, build)
