"""Innocent properties of accounts by which errors are broken down: script, hours, price plan, age.

None of them is evidence. A detector whose errors depend on them treats people unequally.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

Names = NDArray[np.object_]

LETTERS = 80  # of each prompt so many characters are looked at
STEADY = 0.25  # a mean direction on the clock shorter than this is no main hour
SCRIPT, HOURS, PLAN, AGE = "script of prompts", "main hours (UTC)", "price plan", "age of account"

_USED = f"""
SELECT account_id, min(ts) AS first,
       avg(cos(epoch(ts) % 86400 / 43200 * pi())) AS x, avg(sin(epoch(ts) % 86400 / 43200 * pi())) AS y,
       sum(length(regexp_replace(prompt, '[^\\p{{{{L}}}}]', '', 'g'))) AS letters,
       sum(length(regexp_replace(prompt, '[^\\p{{{{Latin}}}}]', '', 'g'))) AS latin
FROM (SELECT account_id, ts, left({{prompt}}, {LETTERS}) AS prompt FROM read_parquet(?)) AS log
GROUP BY account_id
"""
_SLICES = f"""
SELECT w.account_id,
  CASE WHEN letters IS NULL OR letters = 0 THEN 'no text'
       WHEN latin * 2 >= letters THEN 'Latin' ELSE 'other' END AS script,
  CASE WHEN x IS NULL THEN 'none' WHEN sqrt(x * x + y * y) < {STEADY} THEN 'day and night'
       ELSE ['00 to 06', '06 to 12', '12 to 18', '18 to 24'][
            CAST(floor((atan2(y, x) / pi() * 12 + 24) % 24 / 6) AS INTEGER) + 1] END AS hours,
  coalesce({{plan}}, 'not known') AS plan,
  CASE WHEN {{created}} IS NULL THEN 'not known' WHEN day < 7 THEN 'under 7 days'
       WHEN day < 30 THEN '7 to 30 days' WHEN day < 180 THEN '30 to 180 days' ELSE 'over 180 days' END AS age
FROM (
  SELECT w.account_id, w.n, u.*  EXCLUDE (account_id), {{plan}} AS plan, {{created}} AS created_at,
         date_diff('day', {{created}}, (SELECT min(first) FROM used)) AS day
  FROM wanted w LEFT JOIN used u USING (account_id) LEFT JOIN read_parquet(?) a USING (account_id)
) AS w ORDER BY n
"""


def slices(data: Path, accounts: pa.Array) -> dict[str, Names]:
    """{kind: value per account}, in the order of `accounts`; empty where the folder holds no data.

    Main hours are the mean direction of an account's exchanges on the clock; age is counted at the first
    exchange of the data.
    """
    log, known = data / "exchanges.parquet", data / "accounts.parquet"
    if not (log.exists() and known.exists()):
        return {}
    prompt = "prompt_text" if "prompt_text" in pq.read_schema(log).names else "CAST(NULL AS VARCHAR)"
    columns = pq.read_schema(known).names
    plan = "plan" if "plan" in columns else "CAST(NULL AS VARCHAR)"
    created = "created_at" if "created_at" in columns else "CAST(NULL AS TIMESTAMPTZ)"
    wanted = pa.table({"account_id": accounts, "n": np.arange(len(accounts))})
    with duckdb.connect() as connection:
        connection.register("wanted", wanted)
        connection.execute(f"CREATE TABLE used AS {_USED.format(prompt=prompt)}", [str(log)])
        query = _SLICES.format(plan=plan, created=created)
        rows = connection.sql(query, params=[str(known)]).to_arrow_table()
    names = {SCRIPT: "script", HOURS: "hours", PLAN: "plan", AGE: "age"}
    return {kind: np.array(rows[column].to_pylist(), dtype=object) for kind, column in names.items()}
