"""Two labs that know each other."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.labs import Lab, introduce, make_lab, make_terms

from stillwatch.share.agreement import Terms


@pytest.fixture
def labs(tmp_path: Path) -> tuple[Lab, Lab, Terms]:
    """Labs a and b, and the terms they accepted."""
    a, b = make_lab("aurora", tmp_path), make_lab("borealis", tmp_path)
    terms = make_terms(a, b)
    introduce(a, b, terms)
    return a, b, terms
