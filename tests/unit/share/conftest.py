"""A small scan with plain values and an attribution, how it is published, and two labs that know each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures_results import DISTILLATION, OTHERS, write_results
from tests.labs import Lab, introduce, make_lab, make_terms

from stillwatch.model.kernels.hashing import HashKey
from stillwatch.share.agreement import Terms
from stillwatch.share.finding import Scan, Value, read_scan
from stillwatch.share.publication import Publication

AT = datetime(2026, 3, 1, tzinfo=UTC)
KEY = HashKey.from_bytes(bytes(range(16)))

Publish = Callable[..., Publication]


@pytest.fixture(scope="session")
def result_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of three campaigns and some look-alikes."""
    plans = [plan.sized(12) for plan in (*DISTILLATION, *OTHERS)]
    return write_results(tmp_path_factory.mktemp("share"), plans=plans)


@pytest.fixture(scope="session")
def hostile_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with names and texts that attack the reader."""
    plans = [plan.sized(12) for plan in (*DISTILLATION, *OTHERS)]
    return write_results(tmp_path_factory.mktemp("hostile"), plans=plans, hostile=True)


@pytest.fixture
def scan(result_folder: Path) -> Scan:
    """What the scan found."""
    return read_scan(result_folder)


@pytest.fixture
def rich(scan: Scan) -> Scan:
    """The same with plain values of every kind, and the first campaign attributed."""
    kinds = (
        ("address", "203.0.113.7"),
        ("address", "2001:db8::7"),
        ("asn", "64500"),
        ("email_domain", "mail.example"),
    )
    seen = tuple(
        Value(kind, value, 5, AT - timedelta(days=20), AT - timedelta(days=2)) for kind, value in kinds
    )
    first, *others = scan.findings
    named: dict[str, Any] = {
        "campaign_id": first.id,
        "actor": "Grey Heron",
        "posterior": 0.9,
        "ladder": "tracked group",
        "statement": "very likely Grey Heron",
        "alternatives": ["unknown actor"],
        "would_change": ["another card issuer"],
    }
    return replace(scan, findings=[replace(first, values=seen, attributions=(named,)), *others])


@pytest.fixture
def publish() -> Publish:
    """Settings of an export, some of them changed."""

    def made(**changes: Any) -> Publication:
        return replace(Publication("Example AI", AT, KEY), **changes)

    return made


@pytest.fixture
def labs(tmp_path: Path) -> tuple[Lab, Lab, Terms]:
    """Labs a and b, and the terms they accepted."""
    a, b = make_lab("aurora", tmp_path), make_lab("borealis", tmp_path)
    terms = make_terms(a, b)
    introduce(a, b, terms)
    return a, b, terms
