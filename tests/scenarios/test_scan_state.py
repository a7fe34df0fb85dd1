"""Scans that follow one another: ids and phases carry over, and nothing else changes."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.datasets import START, Traffic, traffic, write_truth
from tests.scenarios.commands import one_error, run
from tests.scenarios.conftest import write_key
from tests.scenarios.test_scan_repeats import contents

from stillwatch.app.scan import ScanSettings, scan
from stillwatch.lab.reidentify import reidentify
from stillwatch.model.tables import TABLES
from stillwatch.store.results import read_table

BAN = START + timedelta(days=5)


def reborn() -> Traffic:
    """The planted campaign in two pools: the first is banned on day 5, the second begins five hours later."""
    known = traffic(seed=2, campaign=48)
    ids = sorted(known.planted)
    first, second = set(ids[:24]), set(ids[24:])

    def moved(row: dict[str, Any]) -> datetime:
        since: timedelta = row["ts"] - START
        if row["account_id"] in first:
            return START + since * (4.9 / 12)
        return BAN + timedelta(hours=5) + since * (8 / 12) if row["account_id"] in second else row["ts"]

    exchanges = [{**row, "ts": moved(row)} for row in known.tables["exchanges"].to_pylist()]
    exchanges.sort(key=lambda row: (row["ts"], row["exchange_id"]))
    bans = [
        {"account_id": a, "at": BAN + timedelta(minutes=i), "action": "ban"} for i, a in enumerate(ids[:24])
    ]
    return known.but(
        exchanges=pa.Table.from_pylist(exchanges, schema=TABLES["exchanges"].schema),
        enforcement=pa.Table.from_pylist(bans, schema=TABLES["enforcement"].schema),
        releases=None,
    )


@dataclass(frozen=True)
class Story:
    """Two scans with one state: up to the ban, and of everything."""

    data: Path
    truth: Path
    key: Path
    before: Path
    after: Path
    state_before: Path
    state: Path

    def settings(self, state: Path) -> ScanSettings:
        """Settings of a scan with that state."""
        return ScanSettings(key_file=self.key, quiet=True, state=state)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("story")
    known = reborn()
    s = Story(
        known.write(folder / "data"), write_truth(folder / "truth", known), write_key(folder / "secret.key"),
        folder / "before", folder / "after", folder / "state-before", folder / "state",
    )  # fmt: skip
    scan(s.data, s.before, ScanSettings(key_file=s.key, quiet=True, state=s.state, as_of=BAN))
    shutil.copytree(s.state, s.state_before)
    scan(s.data, s.after, s.settings(s.state))
    return s


def accused(results: Path) -> dict[str, list[str]]:
    rows = read_table(results, "campaigns").to_pylist()
    found = [r for r in rows if r["verdict"] == "distillation"]
    return {r["campaign_id"]: [p["kind"] for p in r["phases"]] for r in found}


def test_the_campaign_keeps_its_id_over_the_ban(story: Story) -> None:
    assert list(accused(story.before)) == list(accused(story.after))
    assert [["start", "rebirth"]] == list(accused(story.after).values())


def test_all_that_is_measured_says_so(story: Story) -> None:
    found = reidentify(story.before, story.after, story.truth)
    assert [(1, 1)] == [(t.part, t.whole) for t in found.kept]
    assert [] == [t for t in found.false if t.part]
    assert all(t.part == t.whole for t in found.accounts)


def test_the_evidence_sufficed_when_it_first_did(story: Story) -> None:
    times = [
        next(
            r["detected_at"] for r in read_table(p, "campaigns").to_pylist() if r["verdict"] == "distillation"
        )
        for p in (story.before, story.after)
    ]
    assert times[0] == times[1] <= BAN


def test_a_window_that_begins_after_the_ban(story: Story, tmp_path: Path) -> None:
    """No account of the first pool is in the log; its successor is known by what it sends."""
    known = reborn()
    exchanges = known.tables["exchanges"]
    later = known.but(exchanges=exchanges.filter(pc.greater(exchanges["ts"], BAN + timedelta(hours=1))))
    shutil.copytree(story.state_before, tmp_path / "state")
    out = scan(later.write(tmp_path / "data"), tmp_path / "out", story.settings(tmp_path / "state"))
    assert accused(story.after) == accused(out)


def test_the_same_scan_and_state_give_the_same_bytes(story: Story, tmp_path: Path) -> None:
    shutil.copytree(story.state_before, tmp_path / "state")
    out = scan(story.data, tmp_path / "out", story.settings(tmp_path / "state"))
    assert contents(story.after) == contents(out)
    assert state(story.state) == state(tmp_path / "state")


def test_the_same_window_again_changes_nothing(story: Story, tmp_path: Path) -> None:
    shutil.copytree(story.state, tmp_path / "state")
    out = scan(story.data, tmp_path / "out", story.settings(tmp_path / "state"))
    assert [] == [
        n for n, b in contents(out).items() if contents(story.after)[n] != b and n != "summary.json"
    ]
    assert state(story.state) == state(tmp_path / "state")


def state(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_another_key_is_refused_before_anything_is_read(story: Story, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    other.write_bytes(bytes(range(32)))
    other.chmod(0o600)
    before = state(story.state)
    ran = run("scan", story.data, "--out", tmp_path / "out", "--key-file", other, "--state", story.state)
    one_error(ran, "another key", "a new key starts a new state")
    assert before == state(story.state)
    assert not (tmp_path / "out").exists()


def test_no_name_and_no_text_is_kept(story: Story) -> None:
    held = b"".join(state(story.state).values())
    assert b"acct-" not in held
    assert b"quillfeather" not in held


def test_the_future_is_not_known(story: Story, tmp_path: Path) -> None:
    """A scan as of a time is the scan of a log that ends there."""
    known = reborn()
    exchanges = known.tables["exchanges"]
    past = known.but(
        exchanges=exchanges.filter(pc.less(exchanges["ts"], BAN)),
        enforcement=known.tables["enforcement"].slice(0, 0),
    )
    out = scan(past.write(tmp_path / "data"), tmp_path / "out", story.settings(tmp_path / "state"))
    assert [] == [n for n, b in contents(out).items() if contents(story.before)[n] != b]
