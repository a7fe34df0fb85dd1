"""Options of a scan that say which engine runs it, and where Spark is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from stillwatch.model.errors import UsageError
from stillwatch.store.spark.session import SparkSettings, read_conf
from stillwatch.store.spark.tables import MOST, PAIRS, limits_of

Engine = Annotated[
    str, typer.Option("--engine", help="duckdb, on this machine; or spark (needs the extra `spark`).")
]
Master = Annotated[
    str,
    typer.Option(
        "--master",
        help="Where Spark is: local[4], spark://HOST:PORT, yarn, k8s://…, or sc://HOST:PORT for Spark Connect. "
        "Without it the session that is there, as under spark-submit.",
    ),
]
SparkScratch = Annotated[
    Path | None,
    typer.Option(
        "--scratch",
        help="Folder that Spark's driver and executors see under one path; default: beside --out.",
    ),
]
SparkConf = Annotated[
    list[str] | None,
    typer.Option("--spark-conf", metavar="NAME=VALUE", help="A setting of Spark; can be repeated."),
]
DriverRows = Annotated[
    int, typer.Option("--driver-rows", min=1, help="Most rows that one step may bring to Spark's driver.")
]
DriverPairs = Annotated[
    int,
    typer.Option(
        "--driver-pairs",
        min=0,
        help="Most pairs of accounts with a rare value in common that Spark's driver looks through; of more, "
        "executors find the links and Spark their components.",
    ),
]


def spark_settings(
    engine: str, master: str, scratch: Path | None, conf: Sequence[str], driver_rows: int, driver_pairs: int
) -> SparkSettings | None:
    """The settings of Spark if it is asked for. Raises `UsageError` for what does not fit the engine."""
    if engine == "spark":
        return SparkSettings(master, scratch, read_conf(conf), limits_of(driver_rows, driver_pairs))
    if engine != "duckdb":
        raise UsageError(f"--engine {engine!r} is not known", remedy="Use duckdb or spark")
    if master or scratch or conf or driver_rows != MOST or driver_pairs != PAIRS:
        raise UsageError(
            "--master, --scratch, --spark-conf, --driver-rows and --driver-pairs are for Spark",
            remedy="Add --engine spark",
        )
    return None
