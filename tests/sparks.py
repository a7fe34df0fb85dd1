"""Spark for tests: settings of this machine, processes of a cluster, and results of two engines side by side."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tests.datasets import Traffic

from stillwatch.app.scan import ScanSettings, scan
from stillwatch.store.spark.session import SparkSettings
from stillwatch.store.spark.tables import Limits

LOCAL = "local[2]"
SMALL = {  # a few thousand rows: compiling costs more than it saves
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.shuffle.partitions": "3",
}
INTERPRETED: Mapping[str, str] = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def spark_scan(
    data: Path | str,
    out: Path,
    key: Path,
    *,
    limits: Limits | None = None,
    conf: Mapping[str, str] = INTERPRETED,
) -> Path:
    """The results of a scan in Spark on this machine."""
    spark = SparkSettings(LOCAL, conf={**SMALL, **conf}, limits=limits or Limits())
    return scan(data, out, ScanSettings(key_file=key, quiet=True, report=False, spark=spark))


def duck_scan(data: Path, out: Path, key: Path) -> Path:
    """The results of a scan in DuckDB."""
    return scan(data, out, ScanSettings(key_file=key, quiet=True, report=False))


def differing(one: Path, other: Path) -> list[str]:
    """Names of result tables whose rows, their order or their types differ; the two must hold the same tables."""
    names = sorted(p.name for p in one.glob("*.parquet"))
    assert names
    assert names == sorted(p.name for p in other.glob("*.parquet"))
    return [name for name in names if not pq.read_table(one / name).equals(pq.read_table(other / name))]


def in_row_groups(traffic: Traffic, folder: Path, *, files: int, rows: int) -> Path:
    """A dataset whose exchanges lie in several files of several row groups."""
    tables = dict(traffic.tables)
    exchanges = tables.pop("exchanges")
    Traffic(tables, traffic.planted, traffic.pupils).write(folder)
    (folder / "exchanges" / "day=1").mkdir(parents=True)
    size = -(-exchanges.num_rows // files)
    for i in range(files):
        part = folder / "exchanges" / "day=1" / f"part-{i:02d}.parquet"
        pq.write_table(exchanges.slice(i * size, size), part, row_group_size=rows)
    return folder


def skewed(traffic: Traffic) -> Traffic:
    """The same behind one NAT for a fifth of the accounts, and with one account that sends a fifth of everything."""
    rows = traffic.tables["exchanges"]
    accounts = sorted(set(rows["account_id"].to_pylist()))
    behind = pa.array(accounts[::5])
    at = rows.schema.get_field_index("client_address")
    inside = pa.compute.is_in(rows["account_id"], behind)
    shared = pa.compute.if_else(
        inside, pa.scalar("203.0.113.9", rows.schema.field(at).type), rows["client_address"]
    )
    rows = rows.set_column(at, rows.schema.field(at), shared)
    return traffic.but(exchanges=pa.concat_tables([rows, _flood(rows, accounts[1])]))


def with_households(traffic: Traffic) -> Traffic:
    """The same with residents three, four and five at a time who share a card, a mail domain, an address, a client
    and a system text; among some hundreds most of them are linked."""
    names = sorted(
        set(traffic.tables["accounts"]["account_id"].to_pylist()) - traffic.planted - traffic.pupils
    )
    house = dict(zip(names, np.repeat(range(72), [3, 4, 5] * 24).tolist(), strict=False))
    shared = {
        "accounts": {
            "payment_fingerprint": "card-house-{}", "email_domain": "house-{}.example", "signup_address": "203.0.{}.7",
            "signup_user_agent": "house/{}",
        },
        "instruments": {"payment_fingerprint": "card-house-{}"},
        "exchanges": {
            "client_address": "203.0.{}.7", "user_agent": "house/{}", "ja4": "house-{}", "system_text": "{1}" * 40,
        },
    }  # fmt: skip
    return traffic.but(
        **{name: _given(traffic.tables[name], house, values) for name, values in shared.items()}
    )


def _given(rows: pa.Table, house: Mapping[str, int], values: Mapping[str, str]) -> pa.Table:
    """The rows with these values, numbered by the house, in the columns of accounts that have one."""
    of = [house.get(name) for name in rows["account_id"].to_pylist()]
    for name, value in values.items():
        at = rows.schema.get_field_index(name)
        own = [
            old if n is None else value.format(n, chr(0x4E00 + n))
            for old, n in zip(rows[name].to_pylist(), of, strict=True)
        ]
        rows = rows.set_column(at, rows.schema.field(at), pa.array(own, rows.schema.field(at).type))
    return rows


def _flood(rows: pa.Table, account: str) -> pa.Table:
    """A quarter as many exchanges again, all of one account: texts of others, ids of their own."""
    many = rows.num_rows // 4
    some = rows.take(pa.array(np.random.default_rng(5).choice(rows.num_rows, many, replace=False)))
    values = {"exchange_id": [f"flood-{i}" for i in range(many)], "account_id": [account] * many}
    for name, column in values.items():
        at = some.schema.get_field_index(name)
        some = some.set_column(at, some.schema.field(at), pa.array(column, some.schema.field(at).type))
    return some


@contextmanager
def processes(*commands: Sequence[str], log: Path) -> Iterator[None]:
    """Java programs of Spark beside the test, ended with it."""
    home = Path(pa.__file__).parents[1] / "pyspark"
    environment = {
        **os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_HOME": str(home),
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "SPARK_NO_DAEMONIZE": "1",
    }  # fmt: skip
    started = []
    with log.open("wb") as out:
        try:
            for command in commands:
                call = [str(home / "bin" / command[0]), *command[1:]]
                started.append(
                    subprocess.Popen(call, env=environment, stdout=out, stderr=out, cwd=log.parent)
                )
            yield
        finally:
            for process in reversed(started):
                process.terminate()
            for process in started:
                process.wait(60)
