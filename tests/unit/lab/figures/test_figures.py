"""A suite of figures: cells are run once, kept, taken up again; pages say what was done and what was not."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.lab.figures import __main__ as figures
from stillwatch.lab.figures.cell import code_digest, key_of, reason_of
from stillwatch.lab.figures.keyfile import measuring_key
from stillwatch.lab.figures.ladder import Step, cost_of, net_cost, net_ratio, ratio
from stillwatch.lab.figures.runs import ordered
from stillwatch.lab.figures.suite import Cell, read_suite
from stillwatch.lab.intervals import Figure
from stillwatch.lab.simulate import scenario
from stillwatch.model.errors import InputError
from stillwatch.model.tables import TABLES

SUITE = """
seeds = [1, 2]
scale = 0.01

[[families]]
name = "toy"
title = "Toys"
scenarios = ["slow"]

[[families.variants]]
name = "without network"
scan = ["--without", "network"]
"""


@dataclass
class FakeStillwatch:
    """Simulates two accounts and scans them: finds the hostile one, except without the network."""

    ran: list[tuple[str, ...]] = field(default_factory=list)
    fails: str = "nothing"

    def within(self, _seconds: float) -> Callable[[Sequence[str]], None]:
        return self.run

    def run(self, arguments: Sequence[str]) -> None:
        self.ran.append(tuple(arguments))
        if self.fails in arguments:
            raise subprocess.CalledProcessError(2, "stillwatch", output='{"error": "broken", "where": "x"}')
        out = Path(arguments[arguments.index("--out") + 1])
        if arguments[0] == "simulate":
            _simulated(out)
        else:
            _scanned(out, found="--without" not in arguments)


def _simulated(out: Path) -> None:
    (out / "truth").mkdir(parents=True)
    accounts = {
        "account_id": ["h", "i"],
        "cohort": ["raid", "chat"],
        "campaign": ["raid", None],
        "role": ["harvester", None],
    }
    pq.write_table(pa.table(accounts), out / "truth" / "accounts.parquet")
    harvest = {"exchange_id": ["x"], "account_id": ["h"], "campaign": ["raid"]}
    pq.write_table(pa.table(harvest), out / "truth" / "exchanges.parquet")


def _scanned(out: Path, *, found: bool) -> None:
    out.mkdir()
    summary = {"input": {"exchanges": 7}, "peak_memory_bytes": 10**9}
    (out / "summary.json").write_text(json.dumps(summary))
    if not found:
        return
    rows = {
        "campaigns": {"campaign_id": "c", "verdict": "distillation"},
        "members": {"campaign_id": "c", "account_id": "h", "role": "harvester", "p_member": 1.0},
        "campaign_exchanges": {"campaign_id": "c", "exchange_id": "x", "role": "harvest", "p": 1.0},
    }
    for name, row in rows.items():
        schema = pa.schema([pa.field(f.name, f.type) for f in TABLES[name].schema])
        pq.write_table(pa.Table.from_pylist([row], schema=schema), out / f"{name}.parquet")


def ran(folder: Path, fake: FakeStillwatch, *more: str) -> int:
    (folder / "suite.toml").write_text(SUITE)
    place = ["--out", str(folder / "pages"), "--work", str(folder / "work")]
    return figures.main([str(folder / "suite.toml"), *place, *more], command=fake.within)


def test_every_cell_is_run_and_its_data_deleted(tmp_path: Path) -> None:
    fake = FakeStillwatch()
    assert 0 == ran(tmp_path, fake)
    assert {"simulate": 2, "scan": 4} == Counter(a[0] for a in fake.ran)  # two scans share a simulation
    assert 4 == len(list((tmp_path / "work" / "cells").glob("*.json")))
    assert [] == list((tmp_path / "work" / "scratch").iterdir())


def test_what_was_done_is_not_done_again(tmp_path: Path) -> None:
    ran(tmp_path, FakeStillwatch())
    first = (tmp_path / "pages" / "toy.md").read_text()
    again = FakeStillwatch()
    assert 0 == ran(tmp_path, again)
    assert ([], first) == (again.ran, (tmp_path / "pages" / "toy.md").read_text())


def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    assert 1 == ran(tmp_path, FakeStillwatch(fails="2"))
    later = FakeStillwatch()
    assert 0 == ran(tmp_path, later)
    assert {"2"} == {a[a.index("--seed") + 1] for a in later.ran if a[0] == "simulate"}


def test_no_time_no_cell(tmp_path: Path) -> None:
    fake = FakeStillwatch()
    assert 1 == ran(tmp_path, fake, "--minutes", "0")
    assert [] == fake.ran
    assert "2 seeds not run, for want of time" in (tmp_path / "pages" / "toy.md").read_text()


def test_pages_say_figures_command_and_failures(tmp_path: Path) -> None:
    ran(tmp_path, FakeStillwatch(fails="--without"))
    page, index = (tmp_path / "pages" / "toy.md").read_text(), (tmp_path / "pages" / "index.md").read_text()
    assert "| slow | 100.00% (15.81% to 100.00%) |" in page  # all of two groups: √0.025
    assert "failed, x: broken" in page
    assert "seed 2: 7 exchanges" in page
    assert f"code {code_digest()}" in page
    assert "| `slow` | account recall | ≥ 95.00% | 100.00% | 15.81% to 100.00% | met, not shown |" in index
    assert "without network` | account recall" not in index  # no aim for a changed detector


def test_first_seeds_come_first(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(SUITE)
    assert [1, 1, 2, 2] == [cell.seed for cell in ordered(read_suite(tmp_path / "s.toml").families)]


def test_a_key_changes_with_code_and_arguments() -> None:
    cells = [
        Cell("slow", 0.1, 1),
        Cell("slow", 0.1, 2),
        Cell("slow", 0.1, 1, scan=("--x",)),
        Cell("slow", 0.1, 1, simulate=("--x",)),
    ]
    assert 5 == len({*(key_of(c, "a") for c in cells), key_of(cells[0], "b")})


def test_a_key_for_measurements_is_the_same_again_and_its_owners(tmp_path: Path) -> None:
    first, again, other = (measuring_key(tmp_path / d, n) for d, n in (("a", 1), ("b", 1), ("a", 2)))
    assert first.read_bytes() == again.read_bytes() != other.read_bytes()
    assert (32, 0o600) == (len(first.read_bytes()), first.stat().st_mode & 0o777)


def test_the_digest_leaves_out_what_only_presents(tmp_path: Path) -> None:
    (tmp_path / "lab" / "figures").mkdir(parents=True)
    (tmp_path / "a.py").write_text("1")
    before = code_digest(tmp_path)
    (tmp_path / "lab" / "figures" / "b.py").write_text("2")
    assert before == code_digest(tmp_path)
    (tmp_path / "a.py").write_text("2")
    assert before != code_digest(tmp_path)


@pytest.mark.parametrize(
    "text", ["seeds = 1", "seeds = []\nscale = 1\nfamilies = [{ name = 'x', colour = 'red' }]", "?"]
)
def test_a_suite_that_says_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(InputError, match="no suite"):
        read_suite(tmp_path / "s.toml")


def test_the_suite_that_ships_holds_the_ablations() -> None:
    families = {f.name: f for f in read_suite(None).families}
    assert ("--without", "content") in [v.cells[0].scan for v in families["without"].variants]
    assert families["ladder"].curve


def test_a_family_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == ran(tmp_path, FakeStillwatch(), "--family", "none")
    assert "Choose one of toy" in capsys.readouterr().err


def test_cost_of_evasion() -> None:
    """At half of the exchanges found, each that is kept costs twice as much."""
    all_, half = Figure(10, 10, 0, 1, 1), Figure(5, 10, 0, 1, 1)
    steps = [Step("ladder-0", 1e-3, all_, all_), Step("ladder-6", 1.2e-2, half, half)]
    assert 12.0 == pytest.approx(ratio(steps, "ladder-6"))
    assert None is ratio(steps, "other")
    assert (None, 2.4e-2) == (net_cost(steps[0]), pytest.approx(net_cost(steps[1])))


def test_a_failure_without_json_is_told_by_its_end() -> None:
    assert "last words" == reason_of(subprocess.CalledProcessError(1, "x", stderr="last words\n"))


def test_every_level_of_evasion_has_its_price() -> None:
    costs = [cost_of(scenario(f"ladder-{level}")) for level in range(7)]
    assert None not in costs
    assert [costs[0], costs[6]] == [min(c for c in costs if c), max(c for c in costs if c)]
    assert None is cost_of(scenario("slow"))


def test_what_is_found_makes_the_rest_dearer() -> None:
    """Twelve times the price, half of it found: 24 times an exchange of the cheapest level unwatched."""
    all_, half = Figure(10, 10, 0, 1, 1), Figure(5, 10, 0, 1, 1)
    steps = [Step("ladder-0", 1e-3, all_, all_), Step("ladder-6", 1.2e-2, half, half)]
    assert (None, 24.0) == (net_ratio(steps, steps[0]), pytest.approx(net_ratio(steps, steps[1])))


def test_innocent_accounts_of_all_simulations_are_pooled_once(tmp_path: Path) -> None:
    ran(tmp_path, FakeStillwatch())
    index = (tmp_path / "pages" / "index.md").read_text()
    assert "2 simulations. False campaigns: 0.00" in index
    assert "| chat | 0.00% | 0.00% to 84.19% | 0 / 2 | 2 |" in index
