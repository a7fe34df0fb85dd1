"""Customers of a VPN: unrelated people who leave it by the same few addresses."""

from __future__ import annotations

from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.exits import Exits

build = Exits("vpn", (2, 12), "chat coding translation summarise batch_nlp", coding=0.5, restless=0.2)

COHORT = Cohort("vpn_users", "users of one VPN", 0.03, 12, 400, 8, build)
