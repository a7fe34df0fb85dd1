"""Customers of mobile carriers: thousands behind a few addresses, another one for each session."""

from __future__ import annotations

from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.exits import Exits

build = Exits("cgnat", (1, 3), "chat persona translation tutoring", coding=0.25, restless=0.15)

COHORT = Cohort("carrier_nat", "customers of one mobile carrier", 0.03, 12, 400, 8, build)
