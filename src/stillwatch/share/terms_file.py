"""Terms of an agreement as people write them: TOML with dates; the parties are filled in."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from stillwatch.model.errors import InputError, RefusedError
from stillwatch.model.typed import ready
from stillwatch.share.agreement import Terms, check_terms
from stillwatch.share.indicators import check_kinds

FILE_LIMIT = 65_536


def read_terms(path: Path, parties: tuple[str, str]) -> Terms:
    """The terms in a TOML file between two parties. Raises `InputError` with what is wrong in it."""
    try:
        if path.stat().st_size > FILE_LIMIT:
            raise InputError("too long for terms", where=str(path), remedy="See docs/how-to/corroborate.md")
        found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", where=str(path), remedy="Name another file"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"is no TOML: {error}", where=str(path), remedy="See docs/how-to/corroborate.md"
        ) from error
    fields = {name: _seconds(value) for name, value in found.items()} | {"parties": sorted(parties)}
    try:
        terms = msgspec.convert(fields, ready(Terms))
        check_terms(terms)
        check_kinds(terms)
    except (msgspec.ValidationError, RefusedError) as error:
        raise InputError(f"terms cannot be read: {error}", where=str(path), remedy=_HOW) from error
    return terms


def _seconds(value: Any) -> Any:
    """Days and times as whole seconds since 1970, UTC."""
    if isinstance(value, datetime):
        return int((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp())
    if isinstance(value, date):
        return int(datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp())
    return value


_HOW = "Fields and their limits stand in docs/how-to/corroborate.md"
