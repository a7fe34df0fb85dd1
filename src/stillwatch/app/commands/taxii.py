"""`stillwatch taxii`: the folder of a TAXII server, and the servers of others."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from stillwatch.app.taxii_work import Server, add_bundle, listed, new_folder, pull, push, refused_of
from stillwatch.model.clean_text import clean
from stillwatch.model.errors import UsageError
from stillwatch.share.inbound.strict_json import RefusedError
from stillwatch.share.taxii.secret_hash import hashed, new_secret

ACTIONS = ("new", "secret", "add", "refused", "list", "pull", "push")
REFUSED = 1

Given = TypeVar("Given", str, Path)


def command(
    action: Annotated[
        str, typer.Argument(metavar="ACTION", help=f"One of {', '.join(ACTIONS)}.", show_default=False)
    ],
    place: Annotated[
        str,
        typer.Argument(metavar="[FOLDER|URL]", help="Folder of a server (new, add, refused), or address."),
    ] = "",
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="STIX bundle to add or push, from `stillwatch export`.")
    ] = None,
    collection: Annotated[str, typer.Option("--collection", help="Id or alias of a collection.")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="Folder for what is pulled.")] = None,
    publisher: Annotated[
        str, typer.Option("--publisher", help="Your organisation; what claims to come from it is refused.")
    ] = "",
    inbox: Annotated[
        bool, typer.Option("--inbox", help="new: with a collection that the partner may write answers to.")
    ] = False,
    user: Annotated[str, typer.Option("--user", help="Name at the server.")] = "",
    secret_file: Annotated[
        Path | None,
        typer.Option(
            "--secret-file", help="File with the secret, mode 0600; STILLWATCH_TAXII_SECRET otherwise."
        ),
    ] = None,
    ca_file: Annotated[
        Path | None, typer.Option("--ca-file", help="Certificates to trust, PEM; the system's otherwise.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Keep a TAXII 2.1 server's folder, or ask the servers of others.

    `new` makes the folder that `stillwatch serve --taxii` serves, `secret` a secret and its digest, `add` puts a
    bundle into a collection, `refused` lists what was refused. `list` shows collections of a server, `pull` writes
    what was added since the last pull, `push` sends a bundle. A bundle that is refused changes nothing; the exit
    code is then 1.

    Example: `stillwatch taxii pull https://partner.example/taxii2/ --collection findings --user us --out partner`
    """
    server = Server(place, user, secret_file, ca_file, publisher)
    told: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    try:
        if action == "new":
            told = new_folder(Path(_needed(place, "folder")), publisher, inbox=inbox)
        else:
            told = _done(action, place, server, bundle, collection, out)
    except RefusedError as refused:
        told = {"refused": refused.code, "reason": str(refused)}
    typer.echo(json.dumps(told) if json_ else _plain(told))
    failed = isinstance(told, Mapping) and ("refused" in told or told.get("failure_count", 0))
    raise typer.Exit(REFUSED if failed else 0)


def _done(
    action: str, place: str, server: Server, bundle: Path | None, collection: str, out: Path | None
) -> Mapping[str, Any] | Sequence[Mapping[str, Any]]:
    folder = Path(place if action == "secret" else _needed(place, "folder or address"))
    match action:
        case "secret":
            secret = new_secret()
            return {"secret": secret, "for taxii.toml": hashed(secret)}
        case "add":
            return add_bundle(folder, _needed(bundle, "--bundle"), collection)
        case "refused":
            return refused_of(folder)
        case "list":
            return listed(server)
        case "pull":
            return pull(server, _needed(collection, "--collection"), _needed(out, "--out"))
        case "push":
            return _summed(push(server, _needed(collection, "--collection"), _needed(bundle, "--bundle")))
    raise UsageError(f"there is no action {action!r}", remedy=f"Use one of {', '.join(ACTIONS)}")


def _summed(statuses: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """One answer for all messages of a push."""
    told: dict[str, Any] = {
        name: sum(n for s in statuses if isinstance(n := s.get(name, 0), int))
        for name in ("total_count", "success_count", "failure_count")
    }
    lists = [found for s in statuses if isinstance(found := s.get("failures"), list)]
    failures = [one for found in lists for one in found]
    return told | ({"failures": failures} if failures else {})


def _needed(value: Given | None, what: str) -> Given:
    if not value:
        raise UsageError(f"{what} is missing", remedy="See `stillwatch taxii --help`")
    return value


def _plain(told: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> str:
    rows = [told] if isinstance(told, Mapping) else told
    return "\n\n".join("\n".join(clean(f"{name}: {value}") for name, value in row.items()) for row in rows)
