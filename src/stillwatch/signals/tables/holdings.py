"""Table `holdings`: which account held which value, how often and when, for every kind of value."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.model.engine import Relation, Tables
from stillwatch.model.families import KINDS, family_code
from stillwatch.model.kernels.address import parse_addresses, prefixes
from stillwatch.model.kernels.hashing import HashKey, keyed, keyed_strings, mix

_DAY_US, _HOUR_US = 86_400_000_000, 3_600_000_000

# kind of value: column of `keys`
FROM_KEYS = (
    ("address", "address_key"), ("net24", "net_key"), ("network_kind", "network_kind"), ("asn", "asn_key"),
    ("client", "client_key"), ("user_agent", "user_agent_key"), ("ja4", "ja4_key"),
    ("header_order", "header_key"), ("sdk", "sdk_key"), ("params", "params_key"),
    ("organization", "organization_key"), ("end_user", "end_user_key"), ("metadata", "metadata_key"),
    ("api_key", "api_key_key"), ("system", "system_key"), ("tools", "tools_key"), ("schema", "schema_key"),
)  # fmt: skip
OF_BOTH = "organization"  # the kind that both exchanges and accounts name
_FROM_ACCOUNTS = """
    SELECT v.account_id, v.family, v.kind, v.value_key, 1 AS n,
           CAST(NULL AS TIMESTAMPTZ) AS first_seen, CAST(NULL AS TIMESTAMPTZ) AS last_seen
    FROM account_values v
    """


def write_holdings(t: Tables, accounts: pa.Table, instruments: pa.Table, key: HashKey) -> Relation:
    """Fill `holdings` from `keys`, `exchange_templates`, accounts and instruments.

    Exchanges are first grouped by account and profile: accounts have few profiles, so each kind of value is
    then read from a small table. The kind that exchanges and accounts both name is put together last.
    """
    columns = ", ".join(sorted({f"min({c}) AS {c}" for _, c in FROM_KEYS}))
    t.define(
        "profiles",
        f"""
        SELECT account_id, profile_key, {columns}, count(*) AS n, min(ts) AS first_seen, max(ts) AS last_seen
        FROM keys GROUP BY account_id, profile_key
        """,
    )
    parts = [_from_profiles(kind, column) for kind, column in FROM_KEYS if kind != OF_BOTH]
    parts.append(_from_exchanges("template", "exchange_templates", "template_id"))
    parts.append(_from_exchanges("wording", "exchange_wordings", "wording_id"))
    parts.append(
        f"""
        SELECT a.account_id, {family_code("timing")} AS family, {KINDS["debut"].code} AS kind,
               a.first_hour // 24 AS value_key, 1 AS n, CAST(NULL AS TIMESTAMPTZ) AS first_seen,
               CAST(NULL AS TIMESTAMPTZ) AS last_seen
        FROM (SELECT account_id, min(hour) AS first_hour FROM activity GROUP BY account_id) a
        CROSS JOIN (SELECT min(hour) AS start FROM activity) w WHERE a.first_hour >= w.start + 24
        """
    )
    t.put("account_values", _account_values(accounts, instruments, key))
    parts.append(
        f"""
        SELECT account_id, family, kind, value_key, CAST(sum(n) AS BIGINT) AS n,
               min(first_seen) AS first_seen, max(last_seen) AS last_seen
        FROM ({_from_profiles(OF_BOTH, dict(FROM_KEYS)[OF_BOTH])} UNION ALL {_FROM_ACCOUNTS}) AS known
        GROUP BY account_id, family, kind, value_key
        """
    )
    return t.define(
        "holdings",
        f"""
        SELECT account_id, CAST(family AS SMALLINT) AS family, CAST(kind AS SMALLINT) AS kind, value_key,
               CAST(n AS BIGINT) AS n, first_seen, last_seen
        FROM ({" UNION ALL ".join(parts)}) AS held
        """,
    )


def _from_exchanges(kind: str, table: str, column: str) -> str:
    """Rows of a kind of content that a table knows by exchange."""
    return f"""
        SELECT e.account_id, {family_code("content")} AS family, {KINDS[kind].code} AS kind,
               e.{column} AS value_key, count(*) AS n, min(k.ts) AS first_seen, max(k.ts) AS last_seen
        FROM {table} e JOIN keys k ON k.exchange_id = e.exchange_id
        GROUP BY e.account_id, e.{column}
        """


def _from_profiles(kind: str, column: str) -> str:
    k = KINDS[kind]
    return f"""
        SELECT account_id, {family_code(k.family)} AS family, {k.code} AS kind,
               CAST({column} AS BIGINT) AS value_key, CAST(sum(n) AS BIGINT) AS n,
               min(first_seen) AS first_seen, max(last_seen) AS last_seen
        FROM profiles WHERE {column} IS NOT NULL GROUP BY account_id, {column}
        """


def _account_values(accounts: pa.Table, instruments: pa.Table, key: HashKey) -> pa.Table:
    """Facts of accounts that several can share, one row each: account_id, family, kind, value_key."""
    rows: list[tuple[str, np.ndarray, np.ndarray]] = []
    ids = keyed_strings(accounts["account_id"], key)

    def text(kind: str, name: str) -> None:
        rows.append((kind, ids, keyed_strings(accounts[name], key)))

    for kind, name in (
        ("phone", "phone_digest"),
        ("email_domain", "email_domain"),
        ("email_digest", "email_digest"),
        ("instrument", "payment_fingerprint"),
        ("payment_kind", "payment_kind"),
        ("organization", "organization_id"),
    ):
        text(kind, name)
    pattern, domain = (keyed_strings(accounts[n], key) for n in ("email_pattern", "email_domain"))
    rows.append(("email_pattern", ids, np.where(pattern != 0, mix(pattern, domain), 0)))
    address = parse_addresses(accounts["signup_address"])
    known = np.asarray(accounts["signup_address"].is_valid())
    rows.append(("signup_address", ids, np.where(known, keyed(mix(prefixes(address), 1), key), 0)))
    agent, ja4 = (keyed_strings(accounts[n], key) for n in ("signup_user_agent", "signup_ja4"))
    rows.append(("signup_client", ids, np.where((agent | ja4) != 0, mix(agent, ja4), 0)))
    for kind, unit in (("signup_day", _DAY_US), ("signup_hour", _HOUR_US)):
        rows.append((kind, ids, _time_slots(accounts["created_at"], unit)))
    owners = keyed_strings(instruments["account_id"], key)
    for kind, name in (
        ("instrument", "payment_fingerprint"),
        ("issuer", "issuer_key"),
    ):
        rows.append((kind, owners, keyed_strings(instruments[name], key)))
    rows.append(("neighbour", owners, _neighbours(instruments, key)))
    return _stacked(rows)


def _neighbours(instruments: pa.Table, key: HashKey) -> np.ndarray:
    """Stretch of card numbers of each instrument, int64, 0 where no other card is of it: who shares a card does not
    have a neighbouring one."""
    stretch, card = (keyed_strings(instruments[n], key) for n in ("neighbour_key", "payment_fingerprint"))
    pairs = np.unique(np.stack([stretch, card], axis=1)[(stretch != 0) & (card != 0)], axis=0)
    found, cards = np.unique(pairs[:, 0], return_counts=True)
    return np.where(np.isin(stretch, found[cards > 1]), stretch, 0)


def _time_slots(column: pa.ChunkedArray, unit: int) -> np.ndarray:
    micros = pc.fill_null(column.cast(pa.int64()), 0).to_numpy()
    return np.where(micros > 0, micros // unit, 0)


def _stacked(rows: list[tuple[str, np.ndarray, np.ndarray]]) -> pa.Table:
    held = [(kind, owners[values != 0], values[values != 0]) for kind, owners, values in rows]
    table = pa.table(
        {
            "account_id": np.concatenate([owners for _, owners, _ in held]),
            "family": np.concatenate(
                [np.full(len(v), family_code(KINDS[kind].family), np.int16) for kind, _, v in held]
            ),
            "kind": np.concatenate([np.full(len(v), KINDS[kind].code, np.int16) for kind, _, v in held]),
            "value_key": np.concatenate([v for _, _, v in held]),
        }
    )
    return table.group_by(["account_id", "family", "kind", "value_key"]).aggregate([])
