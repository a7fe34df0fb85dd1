"""A scan in Spark gives the rows that DuckDB gives: on this machine, on a cluster, over Spark Connect."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from tests.datasets import traffic
from tests.ports import free_ports, wait_for
from tests.properties.test_spread_frames import frames_in, keys
from tests.scenarios.conftest import write_key
from tests.sparks import (
    INTERPRETED,
    LOCAL,
    SMALL,
    differing,
    duck_scan,
    in_row_groups,
    processes,
    skewed,
    spark_scan,
    with_households,
)
from tests.stores import stores

from stillwatch.model.errors import ResourceError, SchemaError
from stillwatch.model.kernels.components import components
from stillwatch.model.table_components import write_components
from stillwatch.store.duck import open_duck
from stillwatch.store.spark.session import SparkSettings, open_spark
from stillwatch.store.spark.tables import Limits

pytestmark = pytest.mark.long

PROGRAM = "from stillwatch.app.cli import main; main()"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key, a dataset in four files, and what DuckDB finds in it."""
    folder = tmp_path_factory.mktemp("spark")
    write_key(folder / "key")
    in_row_groups(with_households(traffic(residents=360)), folder / "data", files=4, rows=200)
    duck_scan(folder / "data", folder / "duck", folder / "key")
    return folder


def _one_row() -> Callable[[int], Iterator[tuple[str, pa.RecordBatch]]]:
    """Work that gives a row of `y` for each part; made here, since executors cannot import this file."""

    def work(part: int) -> Iterator[tuple[str, pa.RecordBatch]]:
        yield "y", pa.RecordBatch.from_pydict({"a": [part]})

    return work


def test_every_result_table_is_the_same(home: Path, tmp_path: Path) -> None:
    out = spark_scan(home / "data", tmp_path / "out", home / "key", conf={})
    assert [] == differing(home / "duck", out)
    input_of = [json.loads((r / "summary.json").read_text()) for r in (home / "duck", out)]
    for name in ("input", "counts", "coverage", "lost"):
        assert input_of[0][name] == input_of[1][name]


def test_nothing_comes_to_the_driver_that_need_not(home: Path, tmp_path: Path) -> None:
    """Holdings, activity, linked pairs, demixed exchanges and scores stay in Spark, where frames and components are
    found; the rows are the same."""
    limits = Limits(near=0, texts=0, pairs=100)
    out = spark_scan(home / "data", tmp_path / "out", home / "key", limits=limits)
    assert [] == differing(home / "duck", out)


def test_exchanges_that_lie_in_a_store(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Executors reach it by what their own environment says; that of a Java that other tests started is older."""
    with stores(tmp_path) as found:
        for name, value in found["s3"].environment.items():
            monkeypatch.setenv(name, value)
        place = found["s3"].put_folder("data", home / "data")
        theirs = {f"spark.executorEnv.{name}": value for name, value in found["s3"].environment.items()}
        out = spark_scan(place, tmp_path / "out", home / "key", conf={**INTERPRETED, **theirs})
    assert [] == differing(home / "duck", out)


def test_frames_of_more_texts_than_the_driver_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are found in Spark, components too, and are those of one machine."""
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    rows = keys(7, texts=500, words=90)

    def halves(part: int) -> Iterator[tuple[str, pa.RecordBatch]]:
        yield "keys", rows.slice(part * 250, 250).combine_chunks().to_batches()[0]

    conf = {**SMALL, **INTERPRETED}
    with open_spark(tmp_path, SparkSettings(LOCAL, conf=conf, limits=Limits(near=0, texts=0))) as t:
        t.spread({"keys": rows.schema}, [0, 1], halves)
        there = frames_in(t)
        assert not t.on_driver("exchange_templates")
        assert not t.on_driver("public_frames")
    with open_duck(tmp_path) as here:
        here.put("keys", rows)
        assert frames_in(here) == there
    assert 100 < len(there[0])


def test_components_of_a_graph_that_stays_in_spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are those of union-find."""
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    left, right = np.random.default_rng(3).integers(0, 500, (2, 400))
    left, right = left[left != right], right[left != right]
    edges = pa.table({"left_key": left, "right_key": right})

    def halves(part: int) -> Iterator[tuple[str, pa.RecordBatch]]:
        yield "edges", edges.slice(part * 200, 200).combine_chunks().to_batches()[0]

    conf = {**SMALL, **INTERPRETED}
    with open_spark(tmp_path, SparkSettings(LOCAL, conf=conf, limits=Limits(near=0))) as t:
        t.spread({"edges": edges.schema}, [0, 1], halves)
        write_components(t, "roots", "edges")
        assert not t.on_driver("roots")
        rows = t.numpy("SELECT node, root FROM roots ORDER BY node")
    nodes = np.unique([left, right])
    assert nodes.tolist() == rows["node"].tolist()
    assert components(500, left, right)[nodes].tolist() == rows["root"].tolist()


def test_skewed_keys(home: Path, tmp_path: Path) -> None:
    """A fifth of the accounts behind one NAT, a fifth of the exchanges from one account."""
    data = in_row_groups(skewed(traffic()), tmp_path / "data", files=3, rows=300)
    spark_scan(data, tmp_path / "spark", home / "key")
    duck_scan(data, tmp_path / "duck", home / "key")
    assert [] == differing(tmp_path / "duck", tmp_path / "spark")


def test_duplicates_and_empty_values(home: Path, tmp_path: Path) -> None:
    """Log lines that came twice are counted once, whichever partition they are in."""
    known = with_households(traffic(residents=360))
    rows = known.tables["exchanges"]
    twice = known.but(exchanges=pa.concat_tables([rows, rows.slice(100, 400)]))
    out = spark_scan(
        in_row_groups(twice, tmp_path / "data", files=3, rows=150), tmp_path / "out", home / "key"
    )
    assert [] == differing(home / "duck", out)
    assert 400 == json.loads((out / "summary.json").read_text())["input"]["duplicates"]


def test_what_an_executor_refuses_is_said_as_on_one_machine(home: Path, tmp_path: Path) -> None:
    known = traffic(residents=20, campaign=0, pupils=0)
    rows = known.tables["exchanges"]
    at = rows.schema.get_field_index("account_id")
    ids = pa.array([None, *rows["account_id"].to_pylist()[1:]], rows.schema.field(at).type)
    broken = rows.set_column(at, pa.field("account_id", ids.type), ids)
    data = known.but(exchanges=broken).write(tmp_path / "data")
    with pytest.raises(SchemaError, match="required column 'account_id' holds 1 empty values"):
        spark_scan(data, tmp_path / "out", home / "key")


def test_a_driver_that_may_take_too_little(home: Path, tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="rows on the driver, which may take 300"):
        spark_scan(home / "data", tmp_path / "out", home / "key", limits=Limits(near=100, most=300))


def test_rows_that_executors_wrote_elsewhere_are_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scratch folder that each machine has for itself would look like a table without rows."""
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    (tmp_path / "elsewhere").mkdir()
    schema = pa.schema([("a", pa.int64())])
    with open_spark(tmp_path, SparkSettings("local[2]", conf=SMALL)) as t:
        t.spread({"y": schema}, [1, 2, 3], _one_row())
        assert 3 == t.rows("y")
        monkeypatch.setattr(
            "stillwatch.store.spark.tables._uri", lambda folder: f"file://{tmp_path}/elsewhere/{folder.name}"
        )
        with pytest.raises(ResourceError, match="wrote 3 rows, of which 0 are here"):
            t.spread({"y": schema}, [1, 2, 3], _one_row())


def test_the_session_that_is_there_is_used_and_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a notebook: nothing is started, and nothing stopped."""
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(LOCAL).appName("notebook").config("spark.ui.enabled", "false")
    for name, value in {**SMALL, **INTERPRETED, "spark.driver.host": "127.0.0.1"}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    try:
        with open_spark(tmp_path, SparkSettings(limits=Limits(near=0))) as t:
            t.put("x", pa.table({"a": [1, 2, 2]}))
            t.spread({"y": pa.schema([("a", pa.int64())])}, [2, 3], _one_row())
            assert [2, 2] == t.query("SELECT x.a FROM x JOIN y ON y.a = x.a").column("a").to_pylist()
        assert "notebook" == session.sparkContext.appName
        assert 3 == session.range(3).count()
    finally:
        session.stop()


def test_two_executors_of_a_cluster(home: Path, tmp_path: Path) -> None:
    (port,), log = free_ports(1), tmp_path / "log"
    address = f"spark://127.0.0.1:{port}"
    master = [
        "spark-class",
        "org.apache.spark.deploy.master.Master",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    master += ["--webui-port", "0"]
    worker = ["spark-class", "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "1"]
    worker += ["--memory", "1g", "--webui-port", "0"]
    places = [str(tmp_path / f"work-{i}") for i in range(2)]
    (tmp_path / "events").mkdir()
    with processes(master, *([*worker, "--work-dir", p, address] for p in places), log=log):
        wait_for(port, "Spark", seconds=600)
        conf = {
            "spark.driver.host": "127.0.0.1", "spark.executor.memory": "512m", "spark.executor.cores": "1",
            "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
            "spark.scheduler.minRegisteredResourcesRatio": "1.0", "spark.cores.max": "2",
            "spark.scheduler.maxRegisteredResourcesWaitingTime": "300s", "spark.sql.shuffle.partitions": "4",
            "spark.locality.wait": "0", **INTERPRETED, **SMALL,
            "spark.eventLog.enabled": "true", "spark.eventLog.compress": "false", "spark.eventLog.dir": f"file://{tmp_path}/events",
        }  # fmt: skip
        _command(home, tmp_path / "out", address, tmp_path, conf)
    assert [] == differing(home / "duck", tmp_path / "out")
    assert 2 == len(_executors(tmp_path / "events"))


def _executors(folder: Path) -> set[str]:
    """Executors that ended a task, from the log of events."""
    found = set()
    for file in folder.rglob("*"):
        if file.is_file() and not file.name.startswith("."):
            for line in file.read_text("utf-8", "replace").splitlines():
                if '"Event":"SparkListenerTaskEnd"' in line:
                    found.add(json.loads(line)["Task Info"]["Executor ID"])
    return found


def test_spark_connect(home: Path, tmp_path: Path) -> None:
    (port,), log = free_ports(1), tmp_path / "log"
    server = ["spark-submit", "--master", "local[2]", "--conf", f"spark.connect.grpc.binding.port={port}"]
    server += ["--conf", "spark.connect.grpc.binding.address=127.0.0.1", "--conf", "spark.ui.enabled=false"]
    server += ["--conf", "spark.driver.host=127.0.0.1", "--conf", "spark.sql.shuffle.partitions=4"]
    server += ["--driver-java-options", SMALL["spark.driver.extraJavaOptions"]]
    server += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"]
    with processes(server, log=log):
        wait_for(port, "Spark", seconds=600)
        _command(home, tmp_path / "out", f"sc://127.0.0.1:{port}", tmp_path, INTERPRETED)
    assert [] == differing(home / "duck", tmp_path / "out")


def _command(home: Path, out: Path, master: str, scratch: Path, conf: Mapping[str, str]) -> None:
    call = [
        sys.executable,
        "-c",
        PROGRAM,
        "scan",
        home / "data",
        "--out",
        out,
        "--key-file",
        home / "key",
        "--json",
    ]
    call += ["--engine", "spark", "--master", master, "--scratch", scratch]
    for name, value in conf.items():
        call += ["--spark-conf", f"{name}={value}"]
    answer = subprocess.run([str(c) for c in call], capture_output=True, text=True)
    assert 0 == answer.returncode, answer.stderr[-3000:]
