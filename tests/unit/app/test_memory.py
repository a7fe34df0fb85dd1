"""A limit of memory is divided so that its parts do not exceed it."""

from __future__ import annotations

import pytest

from stillwatch.app.memory import PER_SLOT, PER_TEXT, PROGRAM, read_size, shares
from stillwatch.model.errors import UsageError
from stillwatch.signals.tables.frames import FrameSettings


@pytest.mark.parametrize("memory", ["1GB", "2GB", "8GB", "16GiB", "64GB"])
def test_the_parts_fit_into_the_whole(memory: str) -> None:
    own = shares(memory)
    arrays = own.frames.chunk * PER_TEXT + own.frames.slots * PER_SLOT
    assert read_size(memory) >= PROGRAM + read_size(own.engine) + arrays


def test_without_a_limit_nothing_is_limited() -> None:
    assert ("", FrameSettings()) == (shares("").engine, shares("").frames)


def test_little_memory_is_given_to_the_engine_all_the_same() -> None:
    assert 75_000_000 == read_size(shares("300MB").engine)


def test_less_than_any_scan_needs_is_refused() -> None:
    with pytest.raises(UsageError, match="--memory '63MB'"):
        shares("63MB")


@pytest.mark.parametrize("text", ["plenty", "4 GBs", "-1GB", "", "GB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UsageError, match="--memory"):
        read_size(text)
