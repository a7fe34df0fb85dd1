"""Records of options: what many commands have in common is written once, and stands in each of their signatures."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """The command with every parameter whose default is a record replaced by the record's fields, as options.

    A field's own default is what the record that stands as default holds, so a command can say `staff: Staff =
    Staff(role="legal")`. The command itself is called with the record.
    """
    given = inspect.signature(command).parameters
    records: dict[str, Any] = {name: p.default for name, p in given.items() if is_dataclass(p.default)}
    hints = get_type_hints(command, include_extras=True)
    flat = [one for p in given.values() for one in _spread_out(p, hints, records)]

    def flattened(**told: Any) -> None:
        plain = {name: told[name] for name in given if name not in records}
        made = {name: type(r)(**{f.name: told[f.name] for f in fields(r)}) for name, r in records.items()}
        command(**plain, **made)

    flattened.__doc__, flattened.__name__, flattened.__module__ = (
        command.__doc__,
        command.__name__,
        command.__module__,
    )
    flattened.__annotations__ = {p.name: p.annotation for p in flat}
    flattened.__signature__ = inspect.Signature(flat)  # type: ignore[attr-defined]
    return flattened


def _spread_out(
    p: inspect.Parameter, hints: Mapping[str, Any], records: Mapping[str, Any]
) -> Iterator[inspect.Parameter]:
    record = records.get(p.name)
    if record is None:
        yield inspect.Parameter(
            p.name, inspect.Parameter.KEYWORD_ONLY, default=p.default, annotation=hints[p.name]
        )
        return
    inner = get_type_hints(type(record), include_extras=True)
    for f in fields(record):
        yield inspect.Parameter(
            f.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=getattr(record, f.name),
            annotation=inner[f.name],
        )
