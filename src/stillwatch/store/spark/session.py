"""A Spark session: started here, or the one that is there already; classic or Spark Connect."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stillwatch.model.errors import ResourceError, UsageError
from stillwatch.store.duck import open_duck
from stillwatch.store.spark.job import translated
from stillwatch.store.spark.packages import need
from stillwatch.store.spark.tables import Limits, SparkTables

# what results depend on; set on every session, also on one that was there
NEEDED: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # sums that overflow stop the job
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.maxConcurrentOutputFileWriters": "8",
}


@dataclass(frozen=True, slots=True)
class SparkSettings:
    """Where Spark is (`local[4]`, `spark://…`, `yarn`, `k8s://…`, `sc://…` for Spark Connect; empty for the session that
    is there, or what spark-submit says); a `scratch` folder that driver and executors see under one path; further
    settings of Spark; how much the driver takes."""

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
    session, ours = _session(settings)
    shared = _shared(settings.scratch or scratch)
    try:
        with open_duck(scratch, memory=memory, threads=threads) as near:
            yield SparkTables(near, session, shared, settings.limits)
    finally:
        shutil.rmtree(shared, ignore_errors=True)
        if ours:
            session.stop()


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
    there = sql.SparkSession.getActiveSession() if not s.master else None
    if there is None:
        try:
            with translated(s.master or "local"):
                session = _started(sql, s)
        except OSError as error:  # no Java
            raise _no_spark(str(error)) from error
        except RuntimeError as error:
            raise _no_spark(str(error)) from error
        except Exception as error:
            if type(error).__name__ in ("PySparkRuntimeError", "JavaGatewayError"):
                raise _no_spark(str(error)) from error
            raise
    else:
        session = there
    with translated("settings"):
        for name, value in NEEDED.items():
            session.conf.set(name, value)
    return session, there is None


def _started(sql: Any, s: SparkSettings) -> Any:
    builder = sql.SparkSession.builder.appName("stillwatch")
    if s.master.startswith("sc://"):
        builder = builder.remote(s.master)
    else:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        local = s.master.startswith("local") or not (s.master or "SPARK_ENV_LOADED" in os.environ)
        for name, value in (_LOCAL if local else {}).items():
            builder = builder.config(name, value)
        if s.master or local:
            builder = builder.master(s.master or "local[*]")
    for name, value in s.conf.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    with suppress(Exception):
        session.sparkContext.setLogLevel("ERROR")
    return session


_LOCAL: Mapping[str, str] = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "8",
}


def _no_spark(said: str) -> ResourceError:
    return ResourceError(
        f"Spark cannot be started: {said.splitlines()[0] if said else 'no message'}",
        remedy="Install a Java runtime, version 17 or later (scripts/install-system does), and check --master",
    )


def read_conf(values: Any) -> Mapping[str, str]:
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
