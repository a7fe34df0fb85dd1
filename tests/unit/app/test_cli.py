"""The list of commands is read from the sources; each command is built from its own module."""

from __future__ import annotations

from typer.main import get_command

from stillwatch.app.cli import build, command_names, listing


def test_the_list_of_commands_says_of_each_what_the_command_itself_says():
    names = command_names()
    built = get_command(build(names)).commands
    listed = get_command(listing()).commands
    assert sorted(listed) == sorted(built) == sorted(names)
    assert {name: command.get_short_help_str(1_000) for name, command in listed.items()} == {
        name: command.get_short_help_str(1_000) for name, command in built.items()
    }
