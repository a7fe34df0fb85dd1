"""The red team: a search that stays within its limit, prices, case files that read back, one true trial."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.lab.attacks.raid import Raid, raid
from stillwatch.lab.redteam import __main__ as redteam
from stillwatch.lab.redteam.cases import campaigns, case_toml, read_case
from stillwatch.lab.redteam.journal import add_trial, journal_of, read_trials
from stillwatch.lab.redteam.knobs import KNOBS, drawn, turned
from stillwatch.lab.redteam.price import Prices, cost_per_exchange, prices
from stillwatch.lab.redteam.search import Outcome, search
from stillwatch.lab.redteam.trial import scenario_of, try_raid
from stillwatch.lab.simulate import _town
from stillwatch.lab.text.clients import load_clients
from stillwatch.model.errors import InputError, UsageError
from stillwatch.model.tables import TABLES

FLAT = Prices((2.0,) * 5, (1.0, 0.0, 0.0, 0.0), (0.0, 0.001, 0.0, 0.0), 0.01, 0.004, 10, 50.0, 100.0)


def price(how: Raid) -> float:
    return cost_per_exchange(how, 100, prices())


def searched(
    recall: Callable[[Raid], float], budget: int, most: float = 0.05, seed: int = 1
) -> tuple[list[Outcome], list[Outcome]]:
    """Outcomes in order of rank, and in order of trial."""
    said: list[Outcome] = []
    found = search(
        lambda how: Outcome(how, price(how), recall(how), 0.0),
        price,
        budget=budget,
        most=most,
        rng=np.random.default_rng(seed),
        say=said.append,
    )
    return found, said


def test_a_price_by_hand() -> None:
    """Account 2 + half of 1 + 0.5 × 10 × 0.01; client and way 150 over 100 accounts; 10 requests each."""
    how = Raid(
        ("x",),
        1,
        1,
        10.0,
        reword=0.5,
        clients=1,
        ways=(("api", 1.0),),
        networks=(0.5, 0.5, 0.0, 0.0),
        camouflage=0.5,
    )
    account = 2 + 0.5 + 0.05 + 1.5
    assert 0.01 + 0.5 * 0.004 + 0.0005 + account / 10 == pytest.approx(cost_per_exchange(how, 100, FLAT))


def test_few_requests_an_account_are_dear() -> None:
    many = Raid(("x",), 1, 1, 700.0)
    assert 10 * price(many) < price(replace(many, per_account=4.0))


def test_the_search_stays_within_its_budget_and_limit_and_tries_nothing_twice() -> None:
    found, said = searched(lambda how: how.cell / 80, budget=30)
    assert (30, 30) == (len(said), len({o.how for o in found}))
    assert max(o.cost for o in found) <= 0.05
    assert sorted(said, key=lambda o: o.rank) == found


def test_local_search_improves_on_random_search() -> None:
    """A smooth landscape: the second half goes downhill from the best of the first."""
    found, said = searched(
        lambda how: (how.cell + how.clients + how.vectors + 100 * how.camouflage) / 300, budget=60
    )
    assert min(o.recall for o in said[30:]) < min(o.recall for o in said[:30])
    assert found[0] in said[30:]


def test_of_equal_raids_the_cheapest_is_the_worst_for_us() -> None:
    found, _ = searched(lambda _: 0.5, budget=10)
    assert min(o.cost for o in found) == found[0].cost


def test_the_same_seed_tries_the_same() -> None:
    assert searched(lambda how: how.reword, 12) == searched(lambda how: how.reword, 12)


def test_a_limit_that_nothing_meets_is_said() -> None:
    with pytest.raises(UsageError, match="no raid costs"):
        searched(lambda _: 0.0, budget=2, most=1e-6)


def test_when_it_gets_late_the_search_ends_with_what_it_has() -> None:
    clock = iter([False, True])
    found = search(
        lambda how: Outcome(how, price(how), 0.5, 0.5),
        price,
        budget=9,
        most=0.05,
        rng=np.random.default_rng(1),
        say=lambda _: None,
        late=lambda: next(clock),
    )
    assert 2 == len(found)


def test_a_turn_moves_one_or_two_knobs_to_a_neighbour() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        before = drawn(rng)
        after = turned(before, rng)
        moved = [n for n in KNOBS if getattr(before, n) != getattr(after, n)]
        assert 1 <= len(moved) <= 2
        steps = [abs(KNOBS[n].index(getattr(before, n)) - KNOBS[n].index(getattr(after, n))) for n in moved]
        assert {1} == set(steps)


def test_a_case_reads_back() -> None:
    how = replace(drawn(np.random.default_rng(5)), begins=3.0)
    assert how == read_case(case_toml(Outcome(how, 0.01, 0.2, 0.1), "x"), where="here")


def test_a_case_with_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(InputError, match="colour"):
        read_case("[raid]\ncolour = 1\n", where="here")


def test_the_cases_that_ship_are_campaigns() -> None:
    assert campaigns()
    assert len({c.name for c in campaigns()}) == len(campaigns())


def found_all(arguments: Sequence[str]) -> None:
    """A scan that accuses every hostile account and nobody else."""
    data, out = Path(arguments[1]), Path(arguments[arguments.index("--out") + 1])
    truth = pq.read_table(data / "truth" / "accounts.parquet").to_pylist()
    out.mkdir()
    (out / "summary.json").write_text(json.dumps({}))
    members = [
        {"campaign_id": "c", "account_id": r["account_id"], "p_member": 1.0} for r in truth if r["campaign"]
    ]
    for name, rows in (
        ("members", members),
        ("campaigns", [{"campaign_id": "c", "verdict": "distillation"}]),
    ):
        schema = pa.schema([pa.field(f.name, f.type) for f in TABLES[name].schema])
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), out / f"{name}.parquet")


def test_a_trial_simulates_counts_and_cleans_up(tmp_path: Path) -> None:
    how = replace(drawn(np.random.default_rng(1)), per_account=4.0)
    outcome = try_raid(how, 40, 1, tmp_path, found_all, days=1)
    assert (1.0, 0.0) == (outcome.recall, outcome.exchange_recall)
    assert ["hash-1.key"] == [p.name for p in tmp_path.iterdir()]


def test_every_value_of_a_knob_makes_a_raid() -> None:
    usual = Raid(("reasoning",), 1, 1, 4.0)
    town = _town(scenario_of(usual, 40, days=2), 500, 1, "training", load_clients())
    for name, values in KNOBS.items():
        for value in values:
            crowd = raid(town, np.random.default_rng(1), 40, 0, how=replace(usual, **{name: value}))
            assert 40 == len(crowd.accounts), (name, value)


def test_the_command_prints_and_writes_the_worst(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(redteam, "try_raid", lambda how, *_: Outcome(how, price(how), how.cell / 80, 0.5))
    assert 0 == redteam.main(
        [
            "--budget",
            "6",
            "--worst",
            "2",
            "--write",
            str(tmp_path / "cases"),
            "--work",
            str(tmp_path / "kept"),
        ],
        command=lambda _: found_all,
    )
    assert ["case-01.toml", "case-02.toml"] == sorted(p.name for p in (tmp_path / "cases").iterdir())
    assert "worst 2 of 6" in capsys.readouterr().out


def test_an_interrupted_search_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Raid] = []

    def trial(how: Raid, *_: object) -> Outcome:
        tried.append(how)
        return Outcome(how, price(how), how.cell / 80, 0.5)

    monkeypatch.setattr(redteam, "try_raid", trial)
    for budget in ("3", "5", "5"):
        arguments = ["--budget", budget, "--work", str(tmp_path)]
        assert 0 == redteam.main(arguments, command=lambda _: found_all)
    assert (5, 5) == (len(tried), len(set(tried)))


def test_a_trial_that_was_cut_off_is_tried_again(tmp_path: Path) -> None:
    file = journal_of(tmp_path, code="x", accounts=40, seed=1)
    done = [Outcome(drawn(np.random.default_rng(i)), 0.01, 0.5, 0.25) for i in range(3)]
    for outcome in done:
        add_trial(file, outcome)
    file.write_bytes(file.read_bytes()[:-20])
    assert done[:2] == read_trials(file)
    add_trial(file, done[2])
    assert done == read_trials(file)


def test_a_damaged_journal_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text("?\n")
    with pytest.raises(InputError, match="damaged"):
        read_trials(tmp_path / "t.jsonl")


def test_a_shared_card_is_cheaper_than_one_of_its_own() -> None:
    own = Raid(("x",), 1, 1, 10.0, cards=0.0)
    dear = replace(FLAT, card=8.0)
    assert price_of(own, dear) - price_of(replace(own, cards=0.5, mates=8), dear) == pytest.approx(
        8.0 * 0.5 * 7 / 8 / 10
    )


def price_of(how: Raid, known: Prices) -> float:
    return cost_per_exchange(how, 100, known)
