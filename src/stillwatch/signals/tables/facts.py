"""Tables `facts`, `release_times`, `ban_times` and `subjects`: what is known of accounts, as integers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.model.between_tables import FACTS
from stillwatch.model.engine import Relation, Tables
from stillwatch.model.kernels.hashing import HashKey, keyed_strings
from stillwatch.model.schemas import plain

PROGRAMS: Mapping[str, int] = MappingProxyType(
    {"none": 0, "education": 1, "security_research": 2, "startup": 3, "free_trial": 4}
)
PAYMENTS: Mapping[str, int] = MappingProxyType(
    {"none": 0, "card": 1, "virtual_card": 2, "prepaid": 3, "invoice": 4, "marketplace": 5, "crypto": 6}
)
VERIFICATIONS: Mapping[str, int] = MappingProxyType(
    {"none": 0, "email": 1, "phone": 2, "document": 3, "contract": 4}
)
STATUSES: Mapping[str, int] = MappingProxyType({"active": 0, "suspended": 1, "banned": 2, "closed": 3})
DECLARED: Mapping[str, int] = MappingProxyType(
    {
        "reseller": 1,
        "evaluation": 2,
        "batch_annotation": 4,
        "red_team": 8,
        "distillation_permitted": 16,
    }
)
FREE_MAIL = frozenset(
    {
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "msn.com",
        "yahoo.com",
        "icloud.com",
        "me.com",
        "aol.com",
        "proton.me",
        "protonmail.com",
        "gmx.com",
        "gmx.net",
        "gmx.de",
        "web.de",
        "mail.com",
        "yandex.com",
        "yandex.ru",
        "mail.ru",
        "qq.com",
        "163.com",
        "126.com",
        "naver.com",
        "daum.net",
        "hey.com",
        "fastmail.com",
        "zoho.com",
        "tutanota.com",
    }
)
OTHER = 9


def write_facts(t: Tables, accounts: pa.Table, key: HashKey, *, disposable: Collection[str]) -> Relation:
    """Fill `facts` from the accounts table; `disposable` are e-mail domains that anybody can use once."""
    rows = _one_per_account(accounts)
    ids = keyed_strings(rows["account_id"], key)
    parent, own = rows["parent_organization_id"], rows["organization_id"]
    columns = {
        "account_id": pa.array(ids),
        "created_at": rows["created_at"],
        "organization": _nullable(keyed_strings(pc.coalesce(parent, own), key)),
        "plan": _nullable(keyed_strings(rows["plan"], key)),
        "program": _coded(rows["program"], PROGRAMS),
        "payment": _coded(rows["payment_kind"], PAYMENTS),
        "verification": _coded(rows["verification"], VERIFICATIONS),
        "declared": _flags(rows["declared"]),
        "disposable": _among(rows["email_domain"], disposable),
        "free_email": _among(rows["email_domain"], FREE_MAIL),
        "status": _coded(rows["status"], STATUSES),
        "status_at": rows["status_at"],
        "banned_at": pc.if_else(
            pc.is_in(rows["status"], pa.array(["suspended", "banned"])), rows["status_at"], None
        ),
    }
    schema = plain(FACTS.schema)
    return t.put("facts", pa.table({n: columns[n] for n in schema.names}).cast(schema))


def write_events(t: Tables, releases: pa.Table, enforcement: pa.Table, key: HashKey) -> None:
    """Fill `release_times` (model_key, released_at, family, safeguards, model) and `ban_times` (account_id, at)."""
    t.put(
        "release_times",
        pa.table(
            {
                "model_key": pa.array(keyed_strings(releases["model"], key)),
                "released_at": releases["released_at"],
                "family": _nullable(keyed_strings(releases["family"], key)),
                "safeguards": releases["safeguards"],
                "model": releases["model"],
            }
        ),
    )
    bans = enforcement.filter(pc.is_in(enforcement["action"], pa.array(["ban", "suspend"])))
    t.put(
        "ban_times",
        pa.table({"account_id": pa.array(keyed_strings(bans["account_id"], key)), "at": bans["at"]}),
    )


def _one_per_account(accounts: pa.Table) -> pa.Table:
    """One row an account: of repeated ids the one that sorts first, whatever the order of the file."""
    if accounts.num_rows == len(pc.unique(accounts["account_id"])):
        return accounts
    plain = [name for name in accounts.column_names if name != "declared"]
    sortable = accounts.append_column("uses", pc.binary_join(accounts["declared"], " "))
    ordered = sortable.sort_by([(name, "ascending") for name in (*plain, "uses")]).drop_columns(["uses"])
    ids = ordered["account_id"].combine_chunks()
    first = np.ones(len(ids), dtype=bool)
    first[1:] = np.asarray(pc.not_equal(ids[1:], ids[:-1]))
    return ordered.filter(pa.array(first))


def _coded(column: pa.ChunkedArray, codes: Mapping[str, int]) -> pa.Array:
    at = pc.index_in(pc.utf8_lower(column), pa.array(list(codes)))
    coded = pa.chunked_array([pa.array(list(codes.values()), pa.int16())]).take(at)
    return pc.if_else(pc.is_null(column), pa.scalar(None, pa.int16()), pc.fill_null(coded, OTHER))


def _flags(column: pa.ChunkedArray) -> pa.Array:
    lists = column.combine_chunks()
    lists = lists.chunk(0) if isinstance(lists, pa.ChunkedArray) and lists.num_chunks == 1 else lists
    flags = np.zeros(len(column), np.int32)
    parents = np.asarray(pc.list_parent_indices(lists))
    names = pc.list_flatten(lists)
    bits = np.asarray(
        pa.array(list(DECLARED.values()), pa.int32())
        .take(pc.index_in(names, pa.array(list(DECLARED))))
        .fill_null(32)
    )
    np.bitwise_or.at(flags, parents, bits)
    return pa.array(flags)


def _among(column: pa.ChunkedArray, names: Collection[str]) -> pa.Array:
    if not names:
        return pa.nulls(len(column), pa.bool_())
    found = pc.is_in(pc.utf8_lower(column), pa.array(sorted(names)))
    return pc.if_else(pc.is_null(column), pa.scalar(None, pa.bool_()), found)


def _nullable(values: np.ndarray) -> pa.Array:
    return pa.array(values, mask=values == 0)
