"""A Spark session: started here, or the one that is there already; classic or Spark Connect."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from stillwatch.model.errors import ResourceError, StillwatchError, UsageError
from stillwatch.store.duck import open_duck
from stillwatch.store.packages import need
from stillwatch.store.spark.job import translated
from stillwatch.store.spark.tables import Limits, SparkTables

# what results depend on; set on every session, also on one that was there
NEEDED: Mapping[str, str] = MappingProxyType(
    {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",  # sums that overflow stop the job
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.maxConcurrentOutputFileWriters": "8",
    }
)

# for a Spark of this machine alone: it listens on the loopback address
_LOCAL: Mapping[str, str] = MappingProxyType(
    {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.shuffle.partitions": "8",  # of 200 most would be empty
    }
)


@dataclass(frozen=True, slots=True)
class SparkSettings:
    """Where Spark is (`local[4]`, `spark://…`, `yarn`, `k8s://…`, `sc://…` for Spark Connect; empty: the session that
    is there); a `scratch` folder that driver and executors see under one path; further settings of Spark; how much the
    driver takes."""

    master: str = ""
    scratch: Path | None = None
    conf: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


@contextmanager
def open_spark(
    scratch: Path, settings: SparkSettings, *, memory: str = "", threads: int = 0
) -> Iterator[SparkTables]:
    """Open an engine whose large tables are in Spark; `memory` and `threads` are for the driver's own engine.

    Raises `UsageError` without the packages, `ResourceError` if Spark cannot be had.
    """
    shared = _shared(settings.scratch or scratch)
    try:
        session, ours = _session(settings)
        try:
            with open_duck(scratch, memory=memory, threads=threads) as near:
                yield SparkTables(near, session, shared, settings.limits)
        finally:
            if ours:
                session.stop()
    finally:
        shutil.rmtree(shared, ignore_errors=True)


def _shared(folder: Path) -> Path:
    """A fresh folder for rows, in a folder that the executors see too."""
    try:
        return Path(tempfile.mkdtemp(prefix="stillwatch-", dir=folder))
    except OSError as error:
        raise ResourceError(
            f"cannot write: {error.strerror}",
            where=str(folder),
            remedy="Choose a folder with --scratch that the driver and all executors see under one path",
        ) from error


def _session(s: SparkSettings) -> tuple[Any, bool]:
    """The session, and whether it was started here."""
    sql = need("pyspark.sql")
    there = sql.SparkSession.getActiveSession()
    try:
        with translated(s.master or "local"):
            session = there if there is not None and not s.master else _started(sql, s)
            for name, value in NEEDED.items():
                session.conf.set(name, value)
    except (StillwatchError, OSError) as error:
        raise ResourceError(
            f"Spark cannot be had: {str(error).splitlines()[0]}",
            remedy="Install a Java runtime, version 17 or later (scripts/install-system does), and check --master",
        ) from error
    return session, there is None


def _started(sql: Any, s: SparkSettings) -> Any:
    builder = sql.SparkSession.builder.appName("stillwatch")
    if s.master.startswith("sc://"):
        builder = builder.remote(s.master)
    elif s.master:
        builder = builder.master(s.master)
    settings = {**(_LOCAL if s.master.startswith("local") else {}), **s.conf}
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def read_conf(values: Sequence[str]) -> Mapping[str, str]:
    """Settings written as NAME=VALUE. Raises `UsageError` for anything else."""
    found: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name.startswith("spark."):
            raise UsageError(
                f"--spark-conf {value!r} is no setting of Spark",
                remedy="Write it like spark.executor.memory=8g",
            )
        found[name] = text
    return found
