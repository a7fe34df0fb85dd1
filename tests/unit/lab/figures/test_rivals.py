"""Published detectors in a suite: settings are chosen once, every simulation is seen once, and the page says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.lab.peers.planted import Row, exchange, write

from stillwatch.lab.compare.choices import read_settings
from stillwatch.lab.figures import __main__ as figures
from stillwatch.lab.figures.suite import read_suite
from stillwatch.model.errors import InputError
from stillwatch.model.tables import TABLES

SUITE = """
seeds = [1, 2]
scale = 0.01

[peers]
sample = 100
training = [{ scenario = "slow", scale = 0.01, seed = 9 }]

[[families]]
name = "toy"
title = "Toys"
scenarios = ["slow"]
peers = true
"""


class FakeStillwatch:
    """Simulates three busy hostile accounts among forty; its scans find nobody."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, ...]] = []

    def within(self, _seconds: float) -> Callable[[Sequence[str]], None]:
        return self.run

    def run(self, arguments: Sequence[str]) -> None:
        self.ran.append(tuple(arguments))
        out = Path(arguments[arguments.index("--out") + 1])
        if arguments[0] == "simulate":
            busy(out, seed=int(arguments[arguments.index("--seed") + 1]))
            return
        out.mkdir()
        (out / "summary.json").write_text(json.dumps({"input": {"exchanges": 7}, "peak_memory_bytes": 10**9}))
        for name in ("campaigns", "members", "campaign_exchanges"):
            schema = pa.schema([pa.field(f.name, f.type) for f in TABLES[name].schema])
            pq.write_table(schema.empty_table(), out / f"{name}.parquet")


def busy(folder: Path, *, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows: list[Row] = [exchange(f"h{a}", i, f"work {a} {i}") for a in range(3) for i in range(30)]
    rows += [
        exchange(f"b{a:02}", i, f"talk {a} {i}") for a in range(40) for i in range(int(rng.integers(1, 10)))
    ]
    write(folder, rows)


def ran(folder: Path, fake: FakeStillwatch, *more: str, suite: str = SUITE) -> int:
    (folder / "suite.toml").write_text(suite)
    place = ["--out", str(folder / "pages"), "--work", str(folder / "work"), "--peer", "requests_per_day"]
    return figures.main([str(folder / "suite.toml"), *place, *more], command=fake.within)


def seeds(fake: FakeStillwatch) -> list[int]:
    return sorted(int(a[a.index("--seed") + 1]) for a in fake.ran if a[0] == "simulate")


def test_ours_stands_beside_a_detector_tuned_once_on_training(tmp_path: Path) -> None:
    fake = FakeStillwatch()
    assert 0 == ran(tmp_path, fake)
    assert [1, 2, 9] == seeds(fake)
    assert [True, False, False] == ["training" in a for a in fake.ran if a[0] == "simulate"]
    page = (tmp_path / "pages" / "peers.md").read_text()
    assert "| **Stillwatch** | 0.00%" in page
    assert "| More than N requests a day, tuned | 100.00%" in page
    assert "| More than N requests a day | tuned | none | 30 | 100.00% | 0.00% |" in page
    assert "[Beside published detectors](peers.md)" in (tmp_path / "pages" / "index.md").read_text()
    (choice,) = read_settings(tmp_path / "pages" / "peer-settings.json").peers["requests_per_day"]
    assert ("tuned", 30.0) == (choice.name, choice.threshold)


def test_what_a_detector_has_seen_it_does_not_see_again(tmp_path: Path) -> None:
    ran(tmp_path, FakeStillwatch())
    first, again = (tmp_path / "pages" / "peers.md").read_text(), FakeStillwatch()
    assert 0 == ran(tmp_path, again)
    assert ([], first) == (again.ran, (tmp_path / "pages" / "peers.md").read_text())


def test_published_settings_are_taken_without_tuning(tmp_path: Path) -> None:
    """Of another threshold, so that it shows; the benign traffic is simulated for those that need it."""
    ran(tmp_path, FakeStillwatch())
    file = tmp_path / "pages" / "peer-settings.json"
    file.write_text(file.read_text().replace("30.0", "31.0"))
    assert 0 == ran(tmp_path, FakeStillwatch())
    assert "| More than N requests a day, tuned | 0.00%" in (tmp_path / "pages" / "peers.md").read_text()


def test_settings_of_other_training_simulations_are_chosen_anew(tmp_path: Path) -> None:
    ran(tmp_path, FakeStillwatch())
    again = FakeStillwatch()
    assert 0 == ran(tmp_path, again, suite=SUITE.replace("seed = 9", "seed = 8"))
    assert 8 in seeds(again)
    assert ("slow, scale 0.01, seed 8",) == read_settings(tmp_path / "pages" / "peer-settings.json").training


def test_without_peers_nothing_is_trained(tmp_path: Path) -> None:
    fake = FakeStillwatch()
    assert 0 == ran(tmp_path, fake, "--no-peers")
    assert [1, 2] == seeds(fake)
    assert not (tmp_path / "pages" / "peers.md").exists()


def test_only_the_first_seeds_are_looked_at(tmp_path: Path) -> None:
    assert 0 == ran(
        tmp_path, FakeStillwatch(), suite=SUITE.replace("sample = 100", "sample = 100\nseeds = 1")
    )
    line = next(
        row for row in (tmp_path / "pages" / "peers.md").read_text().splitlines() if "a day, tuned" in row
    )
    assert line.endswith("| 1 |")


def test_what_takes_a_detector_too_long_it_is_not_shown(tmp_path: Path) -> None:
    """It is said on the page, and nothing is simulated for it again."""
    slow = SUITE.replace("sample = 100", 'sample = 100\ntoo_slow = { slow = ["requests_per_day"] }')
    assert 0 == ran(tmp_path, FakeStillwatch(), suite=slow)
    assert "takes too long on this traffic" in (tmp_path / "pages" / "peers.md").read_text()
    again = FakeStillwatch()
    assert 0 == ran(tmp_path, again, suite=slow)
    assert [] == again.ran


def test_a_seed_for_training_and_measuring_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(SUITE.replace("seed = 9", "seed = 2"))
    with pytest.raises(InputError, match="seed 2 is measured and trained on"):
        read_suite(tmp_path / "s.toml")


def test_settings_that_fit_no_detector_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    for peers in ('{"nobody": []}', '{"seat": [{"name": "tuned", "settings": {"colour": 1}}]}'):
        file.write_text(f'{{"code": "x", "training": [], "sample": 0, "peers": {peers}}}')
        with pytest.raises(InputError, match="fit no peer"):
            read_settings(file)
    file.write_text("?")
    with pytest.raises(InputError, match="no settings"):
        read_settings(file)


def test_a_scale_factor_multiplies_what_is_measured_and_not_what_is_trained_on(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(SUITE)
    suite = read_suite(tmp_path / "s.toml", factor=3)
    assert {0.03} == {c.scale for f in suite.families for v in f.variants for c in v.cells}
    assert [0.01] == [source.scale for source in suite.training]
