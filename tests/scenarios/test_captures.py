"""Real tools, recorded: harvests are grouped and, behind a fraud pool, called so; look-alikes never are."""

from __future__ import annotations

import gzip
import json
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest
from tests.scenarios.captures import CUTS, SEEN, Found, accused, found, read_captures, write_log
from tests.scenarios.commands import run
from tests.scenarios.conftest import write_key
from tests.scenarios.crowds import mix

from stillwatch.app.scan import ScanSettings, scan
from stillwatch.lab.simulate import scenario, simulate

CAPTURES = read_captures()
HARVESTS = tuple(c.name for c in CAPTURES if c.what == "distillation")
INNOCENT = tuple(c.name for c in CAPTURES if c.what != "distillation")
TAKEN = {
    "alpaca_selfinstruct": "generation",
    "distilabel_evol": "evolution",
    "distilabel_ultrafeedback": "rubric",
    "wizardlm_evol": "evolution",
}
EXAMINED = ("aider_agent", "instructor_classify", "openai_chat", "promptfoo_rubric")
INNOCENT_AS = ("firm", "people", "firm", "people")  # beside each harvest
QUICK = ("alpaca_selfinstruct", "distilabel_evol")  # one beside firms, one beside people; the others are long
BESIDE = [
    pytest.param((name, innocent), id=name, marks=[] if name in QUICK else [pytest.mark.long])
    for name, innocent in zip(HARVESTS, INNOCENT_AS, strict=True)
]
CALLED = ("alpaca_selfinstruct", "distilabel_evol", "distilabel_ultrafeedback")
COMPLETE: Mapping[str, float] = MappingProxyType({"distilabel_ultrafeedback": 0.65})  # of nine in ten
MOST_BYTES = 600_000  # of all captures together


@dataclass(frozen=True)
class Seen:
    """What a scan found of each capture, and how many accounts of each it accuses."""

    found: Mapping[str, Found]
    accused: Counter[str]
    harvest: str = ""


def alone(folder: Path, accounts: int | None) -> Seen:
    """All captures as one log, read and scanned by the command line."""
    owners = write_log(CAPTURES, folder / "log" / "requests.jsonl", accounts=accounts)
    read = run("ingest", folder / "log", "--out", folder / "data", "--json")
    assert (0, "") == (read.code, read.err)
    done = run(
        "scan", folder / "data", "--out", folder / "out", "--key-file", write_key(folder / "key"), "--json"
    )
    assert (0, "") == (done.code, done.err)
    return Seen(found(folder / "out", CAPTURES, owners), accused(folder / "out", owners))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Each key an account."""
    return alone(tmp_path_factory.mktemp("recorded"), None)


@pytest.fixture(scope="module")
def dealt(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Each tool with fewer than eight keys dealt over eight accounts, of which nothing is known."""
    return alone(tmp_path_factory.mktemp("dealt"), 8)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Benign customers."""
    out = tmp_path_factory.mktemp("town") / "data"
    simulate(scenario("benign"), out, scale=0.01, seed=71, split="test")
    return out


@pytest.fixture(scope="module", params=BESIDE)
def mixed(request: pytest.FixtureRequest, town: Path, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """One harvest behind a fraud pool whose accounts have half of its marks; the innocent as firms or as people."""
    name, innocent = request.param
    folder = tmp_path_factory.mktemp("mixed")
    some = tuple(c for c in CAPTURES if c.name == name or c.name in INNOCENT)
    owners = mix(some, town, folder / "data", innocent=innocent, shares=0.5)
    out = scan(folder / "data", folder / "out", ScanSettings(key_file=write_key(folder / "key"), quiet=True))
    return Seen(found(out, some, owners), accused(out, owners), name)


def test_one_key_a_tool_accuses_nobody(recorded: Seen) -> None:
    """One account is no campaign, whatever it sends."""
    assert Counter() == recorded.accused


def test_four_keys_of_one_tool_are_grouped(recorded: Seen) -> None:
    """The one tool that was recorded with a key for each of its shards."""
    one = recorded.found["wizardlm_evol"]
    assert (4, 4, 4) == (one.accounts, one.held, one.members)


def test_without_account_facts_nobody_is_accused(dealt: Seen) -> None:
    """Content and client alone do not tell a fraud pool from a firm."""
    assert Counter() == dealt.accused


@pytest.mark.parametrize("name", HARVESTS)
def test_dealt_harvests_are_grouped(dealt: Seen, name: str) -> None:
    """Nine in ten of its accounts, with no stranger among ten, listed with what they take."""
    one = dealt.found[name]
    assert 0.9 <= one.completeness
    assert 0.9 <= one.alike / one.members
    assert TAKEN[name] in one.capabilities


@pytest.mark.parametrize("name", EXAMINED)
def test_dealt_look_alikes_are_examined_and_left_alone(dealt: Seen, name: str) -> None:
    """They are listed with the explanation that fits."""
    one = dealt.found[name]
    assert "innocent" == one.verdict
    assert one.best_alternative


def test_harvests_behind_pools_are_found(mixed: Seen) -> None:
    """Most of the pool, no stranger among ten, and no innocent explanation for them."""
    one = mixed.found[mixed.harvest]
    assert COMPLETE.get(one.name, 0.9) <= one.completeness
    assert 0.9 <= one.purity
    assert "innocent" != one.verdict
    assert "distillation" == one.verdict or one.name not in CALLED


@pytest.mark.parametrize("name", INNOCENT)
def test_look_alikes_behind_keys_are_not_accused(recorded: Seen, dealt: Seen, name: str) -> None:
    """Not as recorded, not dealt over accounts of which nothing is known."""
    assert (0, 0) == (recorded.accused[name], dealt.accused[name])


def test_look_alikes_beside_a_pool_are_not_accused(mixed: Seen) -> None:
    """Neither a firm nor unrelated people with the same tools."""
    assert [] == [name for name in INNOCENT if mixed.accused[name]]


def test_captures_hold_no_secret_and_no_hint() -> None:
    """Neutral keys, no address of a machine, none of the recorder's notes on what a request is."""
    for path in CUTS.glob("*.jsonl.gz"):
        for line in gzip.decompress(path.read_bytes()).splitlines():
            record = json.loads(line)
            assert set(SEEN) >= set(record)
            headers = {name.lower(): value for name, value in record["headers"]}
            assert re.fullmatch(r"Bearer key-\d\d", headers["authorization"])
            assert "api.example" == headers["host"]


def test_every_capture_is_described() -> None:
    """`truth.toml` names each, and together they are small."""
    files = sorted(CUTS.glob("*.jsonl.gz"))
    assert sorted(tomllib.loads((CUTS / "truth.toml").read_text("utf-8"))) == [c.name for c in CAPTURES]
    assert len(files) == len(CAPTURES)
    assert MOST_BYTES >= sum(path.stat().st_size for path in files)
