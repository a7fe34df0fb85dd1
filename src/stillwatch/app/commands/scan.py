"""`stillwatch scan`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.ablation import read_without
from stillwatch.app.options import (
    DatasetPlace,
    KeyFile,
    Memory,
    Results,
    SummaryAsJson,
    Threads,
    read_time,
)
from stillwatch.app.scan import ScanSettings, scan
from stillwatch.app.spark_options import (
    DriverPairs,
    DriverRows,
    Engine,
    Master,
    SparkConf,
    SparkScratch,
    spark_settings,
)
from stillwatch.app.terminal import print_summary
from stillwatch.model.errors import UsageError
from stillwatch.store.spark.tables import MOST, PAIRS


def command(
    data: DatasetPlace,
    out: Results,
    key_file: KeyFile = None,
    memory: Memory = "",
    threads: Threads = 0,
    as_of: Annotated[
        str,
        typer.Option("--as-of", help="Look only at what came before this time, such as 2026-03-01T00:00Z."),
    ] = "",
    calibration: Annotated[
        Path | None,
        typer.Option("--calibration", help="File made by `stillwatch calibrate`; gives q-values."),
    ] = None,
    level: Annotated[
        float, typer.Option(help="False-discovery rate that the calibration has to be able to express.")
    ] = 0.05,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="FAMILY",
            help="Leave a family of evidence (network, client, identity, payment, content, protocol, timing) out "
            "everywhere, or read no `text`; several with commas or by repeating it. To see what a family is worth.",
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state", help="Folder that remembers campaigns from scan to scan: ids and phases carry over."
        ),
    ] = None,
    apart: Annotated[
        bool,
        typer.Option(
            "--apart",
            help="Leave pieces of one pool apart, as fitting expectations (`stillwatch.lab.learn`) wants them.",
        ),
    ] = False,
    actors: Annotated[
        Path | None,
        typer.Option("--actors", help="Folder of actor profiles (TOML) to compare campaigns with."),
    ] = None,
    sketches: Annotated[
        Path | None,
        typer.Option(
            "--sketches",
            help="Folder that keeps what was read of each file: the next scan reads only new and changed files. "
            "It holds no text.",
        ),
    ] = None,
    engine: Engine = "duckdb",
    master: Master = "",
    scratch: SparkScratch = None,
    spark_conf: SparkConf = None,
    driver_rows: DriverRows = MOST,
    driver_pairs: DriverPairs = PAIRS,
    json_: SummaryAsJson = False,
) -> None:
    """Find campaigns in a dataset folder and write result tables, summary.json and report.html.

    Example: `stillwatch scan data --out results`

    The engine spark gives the same rows and is for logs that one machine cannot hold.
    """
    if not 0 < level < 1:
        raise UsageError(
            f"--level {level:g} is no rate", remedy="Give a number between 0 and 1, such as 0.05"
        )
    settings = ScanSettings(
        memory=memory,
        threads=threads,
        as_of=read_time(as_of, "--as-of"),
        key_file=key_file,
        quiet=json_,
        calibration=calibration,
        level=level,
        without=read_without(without or ()),
        state=state,
        apart=apart,
        actors=actors,
        sketches=sketches,
        spark=spark_settings(engine, master, scratch, spark_conf or (), driver_rows, driver_pairs),
    )
    scan(data, out, settings)
    if json_:
        typer.echo((out / "summary.json").read_text("utf-8"), nl=False)
    else:
        print_summary(out)
