"""Key files, and what never stands in a log."""

from __future__ import annotations

import logging
import secrets
import stat
from pathlib import Path

import pytest
from tests.labs import Lab

from stillwatch.model.errors import InputError, StateError
from stillwatch.share.agreement import Terms
from stillwatch.share.identity import Card, make_identity, read_card, read_identity
from stillwatch.share.indicators import epoch_key
from stillwatch.share.rounds import begin


def test_an_identity_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Made with mode 0600, never over another, refused when others may read it."""
    path = tmp_path / "keys" / "identity.key"
    made = make_identity(path)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert made.fingerprint == read_identity(path).fingerprint
    with pytest.raises(StateError, match="already"):
        make_identity(path)
    path.chmod(0o644)
    with pytest.raises(StateError, match="others may read"):
        read_identity(path)


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", "not json", '{"name": "x"}', "\xff", '{"name":"x","signing":1}']
)
def test_a_card_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    """With its file named."""
    path = tmp_path / "card.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"card\.json"):
        read_card(path)


def test_a_key_of_low_order_is_refused(tmp_path: Path) -> None:
    """It would make the shared secret known to everybody."""
    identity = make_identity(tmp_path / "identity.key")
    with pytest.raises(InputError, match="low order"):
        identity.shared_secret(bytes(32))


def test_both_partners_derive_one_key_per_epoch(labs: tuple[Lab, Lab, Terms]) -> None:
    """Another epoch, another key."""
    a, b, terms = labs
    keys = [epoch_key(x.identity, y.identity.exchange, terms, e) for x, y in ((a, b), (b, a)) for e in (0, 1)]
    assert (keys[0], keys[1]) == (keys[2], keys[3])
    assert keys[0] != keys[1]


def test_logs_hold_no_key_and_no_value(
    labs: tuple[Lab, Lab, Terms], caplog: pytest.LogCaptureFixture
) -> None:
    """Everything at the finest level through an intersection and refusals, searched for what is secret."""
    a, b, terms = labs
    caplog.set_level(logging.DEBUG)
    a.values["payment"] = b.values["payment"] = [f"card-secret-{n:06}" for n in range(20)]
    out = begin(a.desk().table, secrets.token_hex(16), "payment", a.values["payment"], "campaign-1")
    frame = a.send(b, terms, out.body, out.attachment)
    _, answer = b.desk().handle(frame.to_bytes())
    a.desk().handle(answer)
    b.desk().handle(frame.to_bytes())
    b.desk().handle(frame.signed)
    logged = caplog.text + repr(a.identity) + repr(b.identity) + str(a.identity)
    assert "message_accepted" in logged and "message_refused" in logged
    assert "card-secret" not in logged
    for lab in (a, b):
        secret = (lab.folder / "identity.key").read_bytes()[-64:]
        for part in (secret[:32], secret[32:]):
            assert part.hex() not in logged and repr(part)[2:-1] not in logged


def test_plain_values_do_not_stand_in_the_store(labs: tuple[Lab, Lab, Terms]) -> None:
    """Neither in the clear nor in payloads: marks and ciphertext only."""
    a, b, terms = labs
    a.values["payment"] = b.values["payment"] = [f"card-secret-{n:06}" for n in range(20)]
    out = begin(a.desk().table, secrets.token_hex(16), "payment", a.values["payment"], "campaign-1")
    _, answer = b.desk().handle(a.send(b, terms, out.body, out.attachment).to_bytes())
    a.desk().handle(answer)
    for lab in (a, b):
        assert b"card-secret" not in (lab.folder / "cases.db").read_bytes()
        files = list((lab.folder / "sessions").iterdir())
        assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in files}


def test_a_card_shows_its_fingerprint() -> None:
    """The digest of both keys."""
    one = Card(name="x", signing="00" * 32, exchange="11" * 32)
    assert one.fingerprint != Card(name="x", signing="00" * 32, exchange="12" * 32).fingerprint
