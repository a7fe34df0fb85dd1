"""Worst cases as files: a raid, what it costs, and how it was found."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from functools import partial
from importlib import resources
from typing import Any

from stillwatch import lab
from stillwatch.lab.attacks.raid import Raid, raid
from stillwatch.lab.population.scenario import Campaign
from stillwatch.lab.redteam.search import Outcome
from stillwatch.model.errors import InputError

ACCOUNTS = 2_000  # of each case at scale 1


def case_toml(outcome: Outcome, command: str) -> str:
    """Text of a case file."""
    lines = [
        f'found_by = "{command}"',
        f"recall = {outcome.recall:.4f} # of its accounts, when it was found",
        f"exchange_recall = {outcome.exchange_recall:.4f}",
        f"cost_per_exchange = {outcome.cost:.6f}",
        "",
        "[raid]",
        *(f"{name} = {_value(value)}" for name, value in asdict(outcome.how).items() if value is not None),
    ]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return f"[{', '.join(_value(v) for v in value)}]"
    return repr(value)


def read_case(text: str, *, where: str) -> Raid:
    """The raid of a case file.

    Raises `InputError` for a parameter that raids do not have.
    """
    try:
        found: Mapping[str, Any] = tomllib.loads(text)["raid"]
        unknown = sorted(set(found) - {f.name for f in fields(Raid)})
        if unknown:
            raise InputError(f"no parameter {unknown[0]!r}", where=where, remedy="See lab/attacks/raid.py")
        return Raid(**{name: _tuples(value) for name, value in found.items()})
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise InputError(f"no case: {error}", where=where, remedy="Run the red team again") from error


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value


def campaigns() -> tuple[Campaign, ...]:
    """A campaign per case that ships."""
    folder = resources.files(lab) / "data" / "redteam"
    return tuple(
        _campaigns((f.name, f.read_text("utf-8")) for f in sorted(folder.iterdir(), key=lambda f: f.name))
    )


def _campaigns(files: Iterable[tuple[str, str]]) -> Iterable[Campaign]:
    for name, text in files:
        if name.endswith(".toml"):
            stem = name.removesuffix(".toml")
            how = read_case(text, where=f"lab/data/redteam/{name}")
            yield Campaign(stem, f"actor-{stem}", ACCOUNTS, partial(raid, how=how))
