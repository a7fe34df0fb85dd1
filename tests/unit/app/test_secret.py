"""The key of a phrase: the same in every place, private, and in nobody's way."""

from __future__ import annotations

import stat
from pathlib import Path

from stillwatch.app.secret import fingerprint, keep_known_key, read_key


def test_the_key_of_a_phrase_is_the_same_everywhere(tmp_path: Path) -> None:
    keep_known_key(tmp_path / "one" / "hash.key", "a phrase")
    keep_known_key(tmp_path / "other.key", "a phrase")
    keep_known_key(tmp_path / "third.key", "another phrase")
    one, other, third = (
        fingerprint(read_key(tmp_path / name)) for name in ("one/hash.key", "other.key", "third.key")
    )
    assert one == other
    assert one != third


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    keep_known_key(tmp_path / "hash.key", "a phrase")
    assert stat.S_IMODE((tmp_path / "hash.key").stat().st_mode) == 0o600


def test_a_key_that_is_there_stays(tmp_path: Path) -> None:
    own = fingerprint(read_key(tmp_path / "hash.key"))
    keep_known_key(tmp_path / "hash.key", "a phrase")
    assert fingerprint(read_key(tmp_path / "hash.key")) == own
