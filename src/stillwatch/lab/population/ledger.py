"""Account facts as tables: accounts, instruments, releases, enforcement and the truth about them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.lab.population import specs
from stillwatch.lab.population.book import Book
from stillwatch.lab.population.draws import scramble, unit
from stillwatch.lab.population.exchanges import account_ids
from stillwatch.lab.population.ids import labels
from stillwatch.lab.population.internet import address, address_text
from stillwatch.lab.population.scenario import Campaign
from stillwatch.lab.population.specs import DECLARED, NONE, OWN, PAYMENT_KINDS, ROLES
from stillwatch.lab.population.town import DAY_US
from stillwatch.model.input_tables import ACCOUNTS, ENFORCEMENT, INSTRUMENTS, RELEASES
from stillwatch.model.other_tables import TRUTH_ACCOUNTS, TRUTH_CAMPAIGNS

Ints = npt.NDArray[np.int64]
TS = pa.timestamp("us", tz="UTC")


def accounts(book: Book) -> pa.Table:
    """The `accounts` table, in order of sign-up."""
    facts, seed = book.accounts, book.town.seed
    rows = np.arange(len(facts))
    mail = shared(facts["domain"].astype(np.int64), rows, seed, 40)
    status = facts["status"]
    ended = status > 0
    columns = {
        "account_id": account_ids(rows, seed),
        "created_at": pa.array(facts["created"], TS),
        "organization_id": labels(
            "org_", scramble(facts["org"], seed, 11), digits=12, valid=facts["org"] >= 0
        ),
        "parent_organization_id": labels(
            "org_", scramble(facts["parent"], seed, 11), digits=12, valid=facts["parent"] >= 0
        ),
        "email_domain": _domains(book, mail),
        "email_digest": labels("", scramble(rows, seed, 41)),
        "email_pattern": _patterns(facts["local"]),
        "phone_digest": labels("", shared(facts["phone"], rows, seed, 42), valid=facts["phone"] != NONE),
        "payment_fingerprint": labels(
            "fp_", shared(facts["card"], rows, seed, 43), valid=facts["card"] != NONE
        ),
        "payment_kind": pa.array(PAYMENT_KINDS).take(pa.array(facts["kind"])),
        "payment_country": labels(
            "", scramble(facts["country"], 0, 44), digits=2, valid=facts["card"] != NONE
        ),
        "program": pa.array(specs.PROGRAMS).take(pa.array(facts["program"])),
        "plan": pa.array(specs.PLANS).take(pa.array(facts["plan"])),
        "verification": pa.array(specs.VERIFICATIONS).take(pa.array(facts["verification"])),
        "declared": pa.array(DECLARED, pa.list_(pa.string())).take(pa.array(facts["declared"])),
        "status": pa.array(specs.STATUSES).take(pa.array(status)),
        "status_at": pa.array(book.ended, TS, mask=~ended),
        **_signup(book, rows),
    }
    table = _table(columns, ACCOUNTS.schema)
    return table.sort_by([("created_at", "ascending"), ("account_id", "ascending")])


def instruments(book: Book) -> pa.Table:
    """The `instruments` table: first and second means of payment."""
    facts, seed = book.accounts, book.town.seed
    rows = np.flatnonzero(facts["card"] != NONE)
    more = np.flatnonzero(facts["card_2"] != NONE)
    who = np.concatenate([rows, more])
    second = np.concatenate([np.zeros(len(rows), bool), np.ones(len(more), bool)])
    card = np.where(second, facts["card_2"][who], facts["card"][who])
    own = np.where(second, -1 - who, who)
    issuer = np.where(second, facts["issuer"][who] % 97 + 1, facts["issuer"][who])
    neighbour = np.where(second, OWN, facts["neighbour"][who])
    later = (unit(own, seed, 45) ** 2 * 200 * DAY_US * second).astype(np.int64)
    columns = {
        "account_id": account_ids(who, seed),
        "payment_fingerprint": labels("fp_", shared(card, own, seed, 43)),
        "kind": pa.array(PAYMENT_KINDS).take(pa.array(np.where(second, 0, facts["kind"][who]))),
        "issuer_key": labels("iss_", scramble(issuer, seed, 46), digits=10),
        "neighbour_key": labels("rng_", shared(neighbour, own, seed, 47), digits=12),
        "added_at": pa.array(
            facts["created"][who] + later + (unit(own, seed, 48) * 9e8).astype(np.int64), TS
        ),
    }
    table = _table(columns, INSTRUMENTS.schema)
    return table.sort_by([("added_at", "ascending"), ("account_id", "ascending")])


def releases(book: Book) -> pa.Table:
    """The `releases` table."""
    models = book.town.models
    at = [book.town.start + int(m.released_day * DAY_US) for m in models]
    columns = {
        "model": pa.array([m.name for m in models]),
        "released_at": pa.array(at, TS),
        "family": pa.array([m.name.split("-")[0] for m in models]),
        "safeguards": pa.nulls(len(models), pa.int16()),  # a provider's own scale; the simulator has none
    }
    return pa.table([columns[name] for name in RELEASES.schema.names], schema=RELEASES.schema)


def enforcement(book: Book) -> pa.Table:
    """The `enforcement` table: what was done to accounts, most of it for reasons of its own."""
    facts = book.accounts
    rows = np.flatnonzero(np.isin(facts["status"], (1, 2)))
    action = np.where(facts["status"][rows] == 2, "ban", "suspend").tolist()
    columns = {
        "account_id": account_ids(rows, book.town.seed),
        "at": pa.array(book.ended[rows], TS),
        "action": pa.array(action, pa.string()),
    }
    return _table(columns, ENFORCEMENT.schema).sort_by([("at", "ascending"), ("account_id", "ascending")])


def truth(book: Book, cohorts: Sequence[str], campaigns: Sequence[str], actors: Sequence[str]) -> pa.Table:
    """The `truth_accounts` table, in order of account id."""
    facts = book.accounts
    campaign = facts["campaign"]
    inside = pa.array(campaign, mask=campaign < 0)
    cohort = pa.array(cohorts, pa.string()).take(pa.array(facts["cohort"]))
    columns = {
        "account_id": account_ids(np.arange(len(facts)), book.town.seed),
        "cohort": cohort,
        "group_id": pc.binary_join_element_wise(cohort, pc.cast(pa.array(facts["group"]), pa.string()), ":"),
        "campaign": pa.array(campaigns, pa.string()).take(inside),
        "role": pa.array(list(ROLES)).take(pa.array(facts["role"], mask=facts["role"] < 0)),
        "actor": pa.array(actors, pa.string()).take(inside),
        "tool": _tools(book),
    }
    return _table(columns, TRUTH_ACCOUNTS.schema).sort_by("account_id")


def _tools(book: Book) -> pa.Array:
    """The source of most frames in an account's largest stream of harvest: the attack tool whose prompts it uses."""
    streams, library, scripts = book.streams, book.town.library, list(book.town.scripts)
    harvest = np.flatnonzero(streams["campaign"] >= 0)
    harvest = harvest[np.argsort(streams["requests"][harvest], kind="stable")]
    named: dict[int, str] = {}
    for script in np.unique(streams["script"][harvest]).tolist():
        sources = [library.frame(p).source for p in scripts[script].programs]
        named[script] = min(set(sources), key=lambda s: (-sources.count(s), s))
    of = dict(zip(streams["account"][harvest].tolist(), streams["script"][harvest].tolist(), strict=True))
    return pa.array([named.get(of.get(i, NONE)) for i in range(len(book.accounts))], pa.string())


def campaigns(book: Book, known: Sequence[Campaign]) -> pa.Table:
    """The `truth_campaigns` table, in the order of the scenario."""
    inside = np.bincount(book.accounts["campaign"] + 1, minlength=len(known) + 1)[1:]
    rows = [
        {"campaign": c.name, "actor": c.actor, "accounts": n, "level": c.level, "cost": list(c.costs.items())}
        for c, n in zip(known, inside.tolist(), strict=True)
    ]
    return pa.Table.from_pylist(rows, schema=TRUTH_CAMPAIGNS.schema)


def shared(values: npt.NDArray[np.integer], rows: Ints, seed: int, salt: int) -> npt.NDArray[np.uint64]:
    """Words for shared values; an account's own value (`OWN`) gets a word of its own."""
    own = values == OWN
    return np.where(own, scramble(rows, seed, 1000 + salt), scramble(values, seed, salt))


def _domains(book: Book, words: npt.NDArray[np.uint64]) -> pa.Array:
    numbers = book.accounts["domain"]
    named = pa.array([*book.town.domains, ""]).take(
        pa.array(np.where(numbers >= 0, numbers, len(book.town.domains)))
    )
    own = pc.binary_join_element_wise(labels("", words, digits=9), pa.scalar("example"), ".")
    return pc.if_else(pa.array(numbers >= 0), named, own)


def _patterns(codes: npt.NDArray[np.int32]) -> pa.Array:
    known, inverse = np.unique(codes, return_inverse=True)
    texts = [
        "a" * (c & 15) + ("", ".", "_", "-")[c >> 4 & 3] + "a" * (c >> 6 & 15) + "0" * (c >> 10 & 15)
        for c in known.tolist()
    ]
    return pa.array(texts).take(pa.array(inverse))


def _signup(book: Book, rows: Ints) -> dict[str, pa.Array]:
    facts, seed = book.accounts, book.town.seed
    ranges = book.pools.pick(facts["signup_pool"], unit(rows, seed, 50))
    client = pa.array(book.clients.pick(facts["signup_clients"], unit(rows, seed, 51)))
    place = address(ranges, unit(rows, seed, 52))
    return {
        "signup_address": address_text(place, scramble(rows, seed, 53)),
        "signup_user_agent": book.client_columns["user_agent"].take(client),
        "signup_ja4": book.client_columns["ja4"].take(client),
    }


def _table(columns: dict[str, pa.Array], schema: pa.Schema) -> pa.Table:
    return pa.table([columns[f.name].cast(f.type) for f in schema], schema=schema)
