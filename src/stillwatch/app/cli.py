"""The command line: finds the commands in `app/commands/`, turns our errors into messages and exit codes."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer
from rich.console import Console

from stillwatch import __version__
from stillwatch.app import commands
from stillwatch.model.clean_text import clean
from stillwatch.model.errors import StillwatchError

EXIT_BAD_INPUT = 2


def command_names() -> tuple[str, ...]:
    """Names of the commands, sorted."""
    return tuple(sorted(info.name for info in pkgutil.iter_modules(commands.__path__)))


def build(names: Iterable[str]) -> typer.Typer:
    """The command line with these commands; only their modules are imported."""
    app = _empty()
    for name in names:
        module = importlib.import_module(f"{commands.__name__}.{name}")
        if hasattr(module, "__path__"):
            app.add_typer(_group(module), name=name)
        else:
            app.command(name)(module.command)
    return app


def listing() -> typer.Typer:
    """Names and help texts of all commands, for who names none of them: read from the sources, nothing is imported."""
    app = _empty()
    folder = Path(next(iter(commands.__path__)))
    for name in command_names():
        app.command(name, help=_help_text(folder / name))(_not_loaded)
    return app


def _empty() -> typer.Typer:
    app = typer.Typer(
        name="stillwatch",
        rich_markup_mode="markdown",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    return app


def _help_text(command: Path) -> str:
    """Docstring of a command's function, or of the folder of commands under one name."""
    if command.is_dir():
        return ast.get_docstring(ast.parse((command / "__init__.py").read_bytes())) or ""
    body = ast.parse(command.with_suffix(".py").read_bytes()).body
    functions = (node for node in body if isinstance(node, ast.FunctionDef) and node.name == "command")
    return next((ast.get_docstring(function) or "" for function in functions), "")


def _not_loaded() -> None:
    raise AssertionError("a command that was named is built from its own module")


def _group(package: ModuleType) -> typer.Typer:
    """Commands under one name: a folder of `app/commands/`, whose docstring is the help text."""
    group = typer.Typer(help=inspect.cleandoc(package.__doc__ or ""), no_args_is_help=True)
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda found: found.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        group.command(info.name.replace("_", "-"))(module.command)
    return group


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with 0 (done), 1 (ran; failed as documented) or 2 (bad input)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    first = arguments[:1]
    named = first if set(first) & set(command_names()) else []
    app = build(named) if named or first == ["--version"] else listing()
    try:
        app(arguments)
    except StillwatchError as error:
        _explain(error, as_json="--json" in arguments)
        sys.exit(EXIT_BAD_INPUT)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"stillwatch {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Find distillation campaigns in the request logs of a language-model API, with evidence.

    Start with `stillwatch demo`, then point `stillwatch ingest` and `stillwatch scan` at logs of your own.
    """


def _explain(error: StillwatchError, *, as_json: bool) -> None:
    if as_json:
        fields = {
            "error": error.what,
            "where": error.where,
            "remedy": error.remedy,
            "kind": type(error).__name__,
        }
        typer.echo(json.dumps(fields))
        return
    err = Console(stderr=True, highlight=False, soft_wrap=True)
    err.print("Error ", style="bold red", end="")
    err.print(clean(f"{error.where}: {error.what}" if error.where else error.what), markup=False)
    if error.remedy:
        err.print(f"      {clean(error.remedy)}", markup=False)
