"""Two deployments, each with half of one campaign: stores, keys and servers of their own, HTTPS on loopback."""

from __future__ import annotations

import importlib.util
import stat
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.conftest import ROOT

CARDS = [f"card-{n:016}" for n in range(65)]


def _example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("two_labs", ROOT / "examples" / "two_labs.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["two_labs"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """What came out of the example, and its folder."""
    folder = tmp_path_factory.mktemp("labs")
    return _example().main(folder), folder


def test_each_finds_the_others_half(played: tuple[dict[str, Any], Path]) -> None:
    """Forty cards each, fifteen in common: the size first, the elements only after both agreed."""
    found, _ = played
    assert (40, 15, [False, True]) == (found["asked"], found["overlap"], found["shown"])


def test_confidence_rises_within_its_bounds(played: tuple[dict[str, Any], Path]) -> None:
    """By the overlap, then by the opinion, which is the stronger word of the same source; never enough to act."""
    found, _ = played
    weighed, more = found["weighed"], found["with_opinion"]
    assert (2.3, 3.2) == (pytest.approx(weighed["added_bits"], abs=0.05), more["added_bits"])
    assert 7.2 == more["posterior_bits"]
    assert {"nothing"} == {weighed["allowed"], more["allowed"]}
    assert 6.0 >= found["likeness"] > 4.0


def test_a_retraction_reaches_the_decision(played: tuple[dict[str, Any], Path]) -> None:
    """The opinion no longer counts, the overlap does; the decision made in between is to be reviewed."""
    found, _ = played
    assert 1 == found["to_review"]
    assert "decision" in found["path"]
    assert found["weighed"]["added_bits"] == found["after"]["added_bits"]
    assert 1 == len(found["after"]["sources"][0]["messages"])


def test_over_taxii_the_halves_are_found_and_answered(played: tuple[dict[str, Any], Path]) -> None:
    """All twelve mail domains and the time are common; the answer is an opinion and a sighting, entered at Aurora."""
    found, _ = played
    fields = {part["field"]: part["bits"] for part in found["matched"]["parts"]}
    assert {"values": 4.0, "timing": 1.0} == fields
    assert 4.0 == found["matched"]["bits"]  # of a partner of reliability B
    assert ["opinion", "sighting"] == found["answered"]
    assert 2 == found["heard"]


def test_the_answer_is_one_source_with_what_the_partner_said_before(
    played: tuple[dict[str, Any], Path],
) -> None:
    """Overlap, opinion and sighting of one lab count once: the strongest of them, and never enough to act."""
    found, _ = played
    weighed = found["taxii_weighed"]
    assert 1 == len(weighed["sources"])
    assert 3 == len(weighed["sources"][0]["messages"])
    assert (3.2, "nothing") == (pytest.approx(weighed["added_bits"], abs=0.01), weighed["allowed"])


def test_a_revoked_finding_reaches_the_decision_by_both_ways(played: tuple[dict[str, Any], Path]) -> None:
    """The decision is marked once, by the shortest path; Borealis is told to take its answer back, too."""
    found, _ = played
    assert 1 == found["taxii_review"]
    (review,) = found["taxii_reviews"]["reviews"]
    assert "campaign--" in review["path"] and "decision" in review["path"]
    assert 2 == len(found["taxii_reviews"]["to_take_back"])
    assert 0.0 == found["borealis_after"]["added_bits"]


def test_logs_and_stores_hold_no_card_and_no_key(played: tuple[dict[str, Any], Path]) -> None:
    """Neither what the servers logged nor what is stored; key files are for their owner alone."""
    _, folder = played
    for lab in ("aurora", "borealis"):
        home = folder / lab / "stillwatch"
        for name in ("identity.key", "cases.key"):
            assert 0o600 == stat.S_IMODE((home / name).stat().st_mode)
        kept = [*(folder / lab).glob("*.log"), home / "cases.db"]
        secret = (home / "identity.key").read_bytes()[-64:]
        for path in kept:
            data = path.read_bytes()
            assert not any(card.encode() in data for card in CARDS)
            assert secret[:32] not in data and secret[:32].hex().encode() not in data
        assert not list((home / "sessions").glob("*"))


def test_the_audit_chain_holds(played: tuple[dict[str, Any], Path]) -> None:
    """Everything that was exchanged stands in it."""
    _, folder = played
    for name in ("aurora", "borealis"):
        assert _example().Lab(name, folder / name).run("audit", "verify")
