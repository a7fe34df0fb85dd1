"""Could a rule on one or two columns do it? The best such rule over facts about single accounts.

A simulation in which a simple rule finds the attackers proves nothing about a detector.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.model.input_tables import ACCOUNTS, EXCHANGES

Masks = npt.NDArray[np.float32]
CUTS = 24  # thresholds tried per number
VALUES = 12  # values tried per category, the commonest among attackers
NUMBERS = (
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cache_read_tokens",
    "duration_ms",
    "turn",
    "temperature",
    "top_p",
    "max_tokens",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition on one or two columns of an account, and how it does.

    `recall` and `false_positives` are measured on the accounts it was chosen on, out of millions of rules, which
    flatters it; `held_out` is the recall of rules chosen on one half of the accounts and measured on the other.
    """

    condition: str
    recall: float
    false_positives: float
    held_out: float


def best_simple_rule(folder: Path, *, most_false: float = 0.01, seed: int = 1) -> Rule:
    """The rule with the highest recall among those that accuse at most so large a share of innocent accounts.

    `folder` is a simulation with its truth. All columns of accounts and exchanges are used, per account:
    commonest value, share of nulls, distinct values, mean, spread, lowest and highest; and how many
    accounts share a value.
    """
    table = account_facts(folder)
    hostile = np.asarray(table["hostile"])
    names, masks = literals(table, hostile)
    first, second = _best(masks, hostile, most_false)
    caught = masks[first].astype(bool) & masks[second].astype(bool)
    return Rule(
        names[first] if first == second else f"{names[first]} and {names[second]}",
        float(caught[hostile].mean()),
        float(caught[~hostile].mean()),
        _held_out(masks, hostile, most_false, np.random.default_rng(seed)),
    )


def account_facts(folder: Path) -> pa.Table:
    """One row per account: facts from its exchanges and its account row, and whether it is hostile."""
    extra = ", ".join(_account_columns())
    with duckdb.connect() as connection:
        for name in ("exchanges", "accounts", "instruments"):
            connection.execute(f"create view {name} as from read_parquet('{folder / name}.parquet')")
        connection.execute(
            f"create view truth as from read_parquet('{folder / 'truth' / 'accounts'}.parquet')"
        )
        connection.execute(f"create table used as {_exchange_query(folder)}")
        query = f"select t.campaign is not null as hostile, u.* exclude (account_id), {extra} {_JOINED}"
        return connection.sql(query).to_arrow_table()


_JOINED = """
from truth t join accounts a using (account_id) left join used u using (account_id)
left join (select account_id, min(issuer_key) as issuer, min(neighbour_key) as neighbour
           from instruments group by account_id) i using (account_id)
order by account_id
"""


def _exchange_query(folder: Path) -> str:
    present = pq.read_schema(folder / "exchanges.parquet").names
    columns = ["count(*) as n", "min(ts) as started", "max(ts) as ended"]
    columns += ["count(distinct date_trunc('hour', ts)) / count(*) as hours_per_request"]
    columns += ["count(distinct hour(ts)) as day_hours", "count(distinct date_trunc('day', ts)) as days"]
    columns += ["avg((hour(ts) < 6)::int) as night", "avg(length(prompt_text)) as prompt_length"]
    columns += [
        "stddev_pop(length(prompt_text)) as prompt_spread",
        "avg((microsecond(ts) % 1000 = 0)::int) as whole",
    ]
    columns += ["count(distinct regexp_extract(client_address, '^[^.:]+.[^.:]+.[^.:]+')) as nets"]
    for name in (field.name for field in EXCHANGES.schema if field.name in present):
        if name in ("exchange_id", "account_id", "ts"):
            continue
        columns += [f"avg(({name} is null)::int) as {name}_null"]
        if name in NUMBERS:
            columns += [
                f"avg({name}) as {name}_mean",
                f"stddev_pop({name}) as {name}_spread",
                f"max({name}) as {name}_most",
            ]
        if name not in ("duration_ms", "request_metadata", "response_text"):
            columns += [
                f"count(distinct {name}) as {name}_kinds",
                f"count(distinct {name}) / count(*) as {name}_rate",
            ]
            columns += [f"mode({name}::varchar) as {name}_usual"]
    columns += ["avg((status = 429)::int) as refused", "avg((status = 200)::int) as fine"]
    columns += [
        "avg((finish_reason = 'length')::int) as cut",
        "avg(stream::int) as streamed",
        "avg((turn = 0)::int) as fresh",
    ]
    return f"select account_id, {', '.join(columns)} from exchanges group by account_id"


def _account_columns() -> list[str]:
    columns = [
        "created_at",
        "hour(created_at) as created_hour",
        "date_trunc('day', created_at) as created_day",
    ]
    columns += ["count(*) over (partition by date_trunc('hour', created_at)) as with_same_hour"]
    for name in (c.name for c in ACCOUNTS.columns):
        if name in ("account_id", "created_at", "status_at"):
            continue
        columns += [f"a.{name}::varchar as a_{name}", f"(a.{name} is null)::int as a_{name}_null"]
        columns += [f"if(a.{name} is null, 0, count(*) over (partition by a.{name})) as with_same_{name}"]
    for name in ("issuer", "neighbour"):
        columns += [f"{name} as i_{name}", f"count(*) over (partition by {name}) as with_same_{name}"]
    return columns


def literals(table: pa.Table, hostile: npt.NDArray[np.bool_]) -> tuple[list[str], Masks]:
    """Conditions on single columns and which accounts meet them, shape (conditions, accounts)."""
    names: list[str] = []
    masks: list[npt.NDArray[np.bool_]] = []
    for name in table.column_names[1:]:
        column = table[name].combine_chunks()
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            found = _equalities(column, hostile)
        else:
            found = _thresholds(column)
        for condition, mask in found:
            names.append(f"{name} {condition}")
            masks.append(mask)
    return names, np.array(masks, np.float32)


def _equalities(column: pa.Array, hostile: npt.NDArray[np.bool_]) -> list[tuple[str, npt.NDArray[np.bool_]]]:
    values = np.array(column.fill_null("(null)").to_pylist(), object).astype(str)
    common, counts = np.unique(values[hostile], return_counts=True)
    found = []
    for value in common[np.argsort(-counts)][:VALUES]:
        mask = values == value
        short = value if len(value) < 40 else value[:37] + "…"
        found += [(f"= {short}", mask), (f"≠ {short}", ~mask)]
    return found


def _thresholds(column: pa.Array) -> list[tuple[str, npt.NDArray[np.bool_]]]:
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us")).cast(pa.int64())
    values = np.asarray(column.cast(pa.float64()).fill_null(-1.0))
    found = []
    for cut in np.unique(np.quantile(values, np.linspace(0, 1, CUTS + 1)[1:-1])):
        found += [(f"≤ {cut:.6g}", values <= cut), (f"> {cut:.6g}", values > cut)]
    return found


def _best(masks: Masks, hostile: npt.NDArray[np.bool_], most_false: float) -> tuple[int, int]:
    """The two conditions that together find most; the same one twice for a rule on one column."""
    caught = masks[:, hostile] @ masks[:, hostile].T / max(hostile.sum(), 1)
    accused = masks[:, ~hostile] @ masks[:, ~hostile].T / max((~hostile).sum(), 1)
    allowed = np.where(accused <= most_false, caught, -1.0)
    first, second = np.unravel_index(int(np.argmax(allowed)), allowed.shape)
    return int(first), int(second)


def _held_out(
    masks: Masks, hostile: npt.NDArray[np.bool_], most_false: float, rng: np.random.Generator
) -> float:
    """Mean recall of the rules chosen on either half of the accounts, measured on the other half."""
    half = rng.permutation(len(hostile)) % 2 == 0
    recalls = []
    for chosen_on in (half, ~half):
        first, second = _best(masks[:, chosen_on], hostile[chosen_on], most_false)
        measured = masks[:, ~chosen_on & hostile]
        recalls.append(float((measured[first] * measured[second]).mean()))
    return float(np.mean(recalls))
