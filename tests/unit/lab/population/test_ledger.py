"""The truth about accounts: who harvests, and with whose prompts."""

from __future__ import annotations

from stillwatch.lab.attacks.raid import Raid
from stillwatch.lab.population import ledger
from stillwatch.lab.redteam.trial import scenario_of
from stillwatch.lab.simulate import population


def test_hostile_accounts_have_a_tool_and_innocent_ones_none() -> None:
    how = Raid(("reasoning",), 1, 2, 4.0)
    book = population(scenario_of(how, 40, days=1), scale=1, seed=1, split="training")
    rows = ledger.truth(book, [f"c{i}" for i in range(99)], ["raid"], ["actor"]).to_pylist()
    sources = {book.town.library.frame(p).source for p in book.town.programs["reasoning"]}
    tools = {row["tool"] for row in rows if row["campaign"]}
    assert tools
    assert tools <= sources
    assert {None} == {row["tool"] for row in rows if not row["campaign"]}
