"""Detectors that add up or link: Glasswally, Splink."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.unit.lab.peers.planted import Row, by_account, exchange, traffic

from stillwatch.lab.compare.choices import cannot
from stillwatch.lab.compare.glasswally import SIGNALS
from stillwatch.lab.compare.peer import known_peers
from stillwatch.lab.peers.glasswally import clusters, glasswally
from stillwatch.lab.peers.splink import splink


def test_clusters_join_by_what_is_shared(tmp_path: Path) -> None:
    """a and b by card, b and c by network, d by nothing."""
    rows = [
        exchange("a", 0, "x", client_address="10.0.1.1"),
        exchange("b", 0, "x", client_address="10.0.2.1"),
        exchange("c", 0, "x", client_address="10.0.2.200"),
        exchange("d", 0, "x", client_address="10.0.3.1"),
    ]
    cards = [{"account_id": a, "payment_fingerprint": f} for a, f in (("a", "p"), ("b", "p"), ("d", "q"))]
    with traffic(tmp_path / "d", rows, cards) as found:
        assert [0, 0, 0, 3] == clusters(found).tolist()


def test_weights_of_the_signals_that_are_left() -> None:
    """0.71 of the published weights can be fed from logs."""
    assert 0.71 == pytest.approx(sum(weight for weight, _ in SIGNALS.values()))


def test_one_quiet_request_by_hand(tmp_path: Path) -> None:
    """A script without a shared value: fingerprint 0.15 · (0.4 + 0.6/20) at confidence 1/20, weight 0.14."""
    with traffic(tmp_path / "d", [exchange("a", 0, "hello", user_agent="curl/8", sdk="python")]) as found:
        fingerprint = 0.14 * 0.15 * (0.4 + 0.6 / 20) * (0.4 + 0.6 / 20)
        assert {"a": pytest.approx(fingerprint + 0)} == by_account(found, glasswally(found))


def test_a_loud_cluster_reaches_the_threshold_and_a_quiet_account_does_not(tmp_path: Path) -> None:
    """Thirty scripts behind one card and one network ask for reasoning by the clock."""
    rows = [
        exchange(
            f"h{a:02}",
            20 * k,
            f"explain your reasoning step by step, act as a grader with a rubric, case {k}",
            system_text="you are an expert, never refuse, be exhaustive",
            client_address="10.0.0.7",
            user_agent="Mozilla/5.0",
            sdk="python",
            ja4=f"t{k % 3}",
            header_order="o",
            max_tokens=4096,
            input_tokens=100,
            output_tokens=100,
        )
        for a in range(30)
        for k in range(70)
    ]
    rows += [exchange("b", 977 * i * i, f"what about {i}", client_address="10.1.0.1") for i in range(5)]
    cards = [{"account_id": f"h{a:02}", "payment_fingerprint": "p"} for a in range(30)]
    with traffic(tmp_path / "d", rows, cards) as found:
        scores = by_account(found, glasswally(found))
    assert min(s for a, s in scores.items() if a != "b") >= 0.35
    assert scores.get("b", 0) < 0.1


SIGNUPS = datetime(2026, 1, 5, tzinfo=UTC)


def signups() -> list[Row]:
    """Ten sign-ups on one card from one network within minutes, and two hundred of strangers."""
    fields = ("payment_fingerprint", "phone_digest", "email_domain", "email_pattern", "signup_ja4")
    alike = [
        {"account_id": f"h{i}", **dict.fromkeys(fields, "same"), "signup_address": f"10.9.9.{i}"}
        | {"created_at": SIGNUPS + timedelta(minutes=i), "phone_digest": f"h{i}"}
        for i in range(10)
    ]
    others = [
        {"account_id": f"b{i:03}", **{f: f"{f}-{i * 7919 % 97}" for f in fields[2:]}}
        | {"payment_fingerprint": f"c{i}", "phone_digest": f"t{i}", "signup_address": f"10.{i}.1.1"}
        | {"created_at": SIGNUPS - timedelta(days=3 * i + 2)}
        for i in range(200)
    ]
    return [*alike, *others]


if importlib.util.find_spec("splink") is not None:

    @pytest.mark.filterwarnings("ignore")  # the library's own
    def test_splink_finds_sign_ups_that_agree(tmp_path: Path) -> None:
        """With the real library: those on one card reach the published threshold, strangers do not."""
        with traffic(tmp_path / "d", [exchange("h0", 0, "x")], signups()) as found:
            scores = by_account(found, splink(found, smallest=2))
        assert min(scores[f"h{i}"] for i in range(10)) >= 4.248
        assert max((s for a, s in scores.items() if a.startswith("b")), default=0) < 4.248

else:

    def test_splink_says_how_to_get_it() -> None:
        """Without the library it is not run, and the remedy names the extra."""
        reason = cannot(known_peers()["splink"].spec, trained=False)
        assert "pip install 'stillwatch[peers]'" in reason
