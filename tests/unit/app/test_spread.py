"""Records of options stand in a command's signature as options of their own, and reach it as records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from stillwatch.app.spread import spread


@dataclass(frozen=True, slots=True)
class Who:
    """Two options."""

    name: Annotated[str, typer.Option("--name", help="Who.")] = "nobody"
    times: Annotated[int, typer.Option("--times")] = 1


@spread
def greet(
    word: Annotated[str, typer.Argument()],
    who: Who = Who(times=2),
    loud: Annotated[bool, typer.Option("--loud")] = False,
) -> None:
    """Greet somebody."""
    said = " ".join([f"{word} {who.name}"] * who.times)
    typer.echo(said.upper() if loud else said)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["hail"], "hail nobody hail nobody\n"),
        (["hail", "--name", "dana", "--times", "1"], "hail dana\n"),
        (["--loud", "hail", "--times", "1"], "HAIL NOBODY\n"),
    ],
)
def test_fields_are_options_whose_defaults_are_those_of_the_record(arguments: list[str], said: str) -> None:
    app = typer.Typer()
    app.command()(greet)
    ran = CliRunner().invoke(app, arguments)
    assert (said, 0) == (ran.stdout, ran.exit_code)


def test_help_lists_them_in_the_order_of_the_signature() -> None:
    app = typer.Typer()
    app.command()(greet)
    told = CliRunner().invoke(app, ["--help"]).stdout
    assert "Greet somebody." in told
    assert told.index("--name") < told.index("--times") < told.index("--loud")
