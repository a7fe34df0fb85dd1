"""Where cases are kept, who works on them, and how the case store is opened for a command."""

from __future__ import annotations

import getpass
import importlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stillwatch.app.secret import default_key_file, read_secret
from stillwatch.cases.work import ROLES
from stillwatch.model.errors import InputError, ResourceError, StateError, UsageError
from stillwatch.model.records import Stamp

if TYPE_CHECKING:  # its packages are optional: the command line starts without them
    from stillwatch.store.casebook.database import Database

Store = Annotated[
    str,
    typer.Option(
        "--store",
        envvar="STILLWATCH_STORE",
        help="Case store: a SQLite file (`cases.db` in the user's data folder by default) or a postgresql:// URL.",
    ),
]
CaseKey = Annotated[
    Path | None,
    typer.Option(
        "--case-key",
        envvar="STILLWATCH_CASE_KEY",
        help="Master key of the case store; made with mode 0600 together with the store. Keep a copy elsewhere.",
    ),
]
By = Annotated[
    str, typer.Option("--by", envvar="STILLWATCH_PERSON", help="Who you are; your login name by default.")
]
Role = Annotated[
    str, typer.Option("--role", envvar="STILLWATCH_ROLE", help=f"In which role: {', '.join(ROLES)}.")
]
Case = Annotated[
    str, typer.Argument(metavar="CASE", help="Case or campaign id, or the beginning of a case's id.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Grade = Annotated[
    str,
    typer.Option(
        help="Admiralty code: reliability of the source A to F, credibility of the information 1 to 6."
    ),
]


@dataclass(frozen=True, slots=True)
class Desk:
    """An opened case store, and who works at it."""

    database: Database
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Clerk:
    """Who works on cases, and with which store."""

    store: Store = ""
    case_key: CaseKey = None
    by: By = ""
    role: Role = "analyst"

    def desk(self, *, make: bool = False) -> Desk:
        """The opened case store."""
        return open_desk(self.store, self.case_key, self.by, self.role, make=make)


def open_desk(
    store: str, case_key: Path | None, by: str = "", role: str = "analyst", *, make: bool = False
) -> Desk:
    """Open the case store for a person; `make` it with its key if it is not there.

    Raises `UsageError` for an unknown role or missing packages, `StateError` for a missing or wrong key, and what
    `open_database` raises.
    """
    if role not in ROLES:
        raise UsageError(f"{role!r} is no role", remedy=f"Give --role {', '.join(ROLES)}")
    casebook = package("stillwatch.store.casebook.database")
    place = store or str(default_key_file().with_name("cases.db"))
    path = case_key or default_key_file().with_name("cases.key")
    if not path.exists():
        _may_make_key(casebook.stored(place), path, make=make)
    stamp = Stamp(by or _login(), role, datetime.now(UTC))
    master = (
        read_secret(path, remedy="Give the --case-key the store was made with")
        if path.exists() or make
        else b""
    )
    return Desk(casebook.open_database(place, master, stamp, make=make), stamp)


def package(name: str) -> Any:
    """A module of ours that needs the packages of `stillwatch[cases]`. Raises `UsageError` if they are missing."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "stillwatch":
            raise
        raise UsageError(
            f"cases need the package {error.name}", remedy="Install it with: pip install 'stillwatch[cases]'"
        ) from error


def read_text(path: Path, what: str) -> str:
    """A text file a command was given. Raises `InputError` if it cannot be read."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path), remedy=f"Give {what}") from error


def write_files(folder: Path, files: dict[str, bytes]) -> list[Path]:
    """Write files into a folder, readable by their owner alone. Raises `ResourceError` if that cannot be done."""
    written = []
    try:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f".{path.name}.part")
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
            part.replace(path)
            written.append(path)
    except OSError as error:
        raise ResourceError(
            f"cannot be written: {error.strerror or error}",
            where=str(error.filename or folder),
            remedy="Choose another folder with --out, or check free space and permissions",
        ) from error
    return written


def _may_make_key(stored: bool, path: Path, *, make: bool) -> None:
    if stored:
        raise StateError(
            "the key file of the case store is missing",
            where=str(path),
            remedy="Bring it back from a backup or name it with --case-key; a new key opens nothing that was written",
        )
    if not make:
        raise InputError(
            "there is no case store",
            where=str(path.parent),
            remedy="`stillwatch case open` makes one; --store names another place",
        )


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise UsageError("your login name is not known", remedy="Say with --by who you are") from error
