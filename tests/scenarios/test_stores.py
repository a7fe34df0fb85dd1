"""Logs and datasets in cloud stores: S3, Google Cloud Storage and Azure, as fake servers on loopback."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.datasets import traffic
from tests.killing import holds, killed
from tests.scenarios.commands import names_in, one_error, run
from tests.scenarios.conftest import write_key
from tests.stores import SCHEMES, Store, environment, stores, strict_s3
from tests.unit.ingest.records import NOW, litellm

from stillwatch.ingest.logs import read_logs
from stillwatch.model.errors import InputError, StillwatchError, VanishedError
from stillwatch.model.places import Found
from stillwatch.store.cloud.connect import ATTEMPTS
from stillwatch.store.cloud.objects import CloudFiles
from stillwatch.store.dataset import Dataset, open_dataset
from stillwatch.store.parts import cloud_folder
from stillwatch.store.results import read_table

pytestmark = pytest.mark.long

PATIENCE = timedelta(seconds=2)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Store]]:
    """All three stores."""
    with stores(tmp_path_factory.mktemp("stores")) as found:
        yield found


@pytest.fixture(params=SCHEMES)
def store(
    request: pytest.FixtureRequest, running: Mapping[str, Store], monkeypatch: pytest.MonkeyPatch
) -> Store:
    """Each store in turn; the environment says how to reach it."""
    found = running[request.param]
    for name in ("AWS_ENDPOINT_URL", "STORAGE_EMULATOR_HOST", "AZURE_STORAGE_CONNECTION_STRING"):
        monkeypatch.delenv(name, raising=False)
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    return found


def lines(*numbers: int) -> bytes:
    return "".join(json.dumps(litellm(n)) + "\n" for n in numbers).encode()


def exchanges(out: Path) -> Sequence[str]:
    return sorted(pq.read_table(out / "exchanges")["exchange_id"].to_pylist())


def test_compressed_logs_of_a_folder_are_read_as_those_of_this_machine(store: Store, tmp_path: Path) -> None:
    packed = {
        "day=1/a.jsonl": lines(1),
        "day=1/b.jsonl.gz": gzip.compress(lines(2)),
        "day=2/c.jsonl.zst": pa.compress(lines(3), codec="zstd", asbytes=True),
        "day=2/d.jsonl.bz2": bz2.compress(lines(4)),
        "day=2/e.jsonl.xz": lzma.compress(lines(5)),
        "_SUCCESS": b"no log",
    }
    for name, content in packed.items():
        store.put(f"packed/{name}", content)
        (tmp_path / "here" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "here" / name).write_bytes(content)
    there = run("ingest", store.address("packed"), "--out", tmp_path / "a", "--json")
    here = run("ingest", tmp_path / "here", "--out", tmp_path / "b", "--json")
    assert (5, 5) == (json.loads(there.out)["files"], json.loads(there.out)["exchanges"]), there
    assert 0 == here.code
    assert pq.read_table(tmp_path / "b/exchanges.parquet").equals(
        pq.read_table(tmp_path / "a/exchanges.parquet")
    )


def test_patterns_choose_objects(store: Store, tmp_path: Path) -> None:
    for name in ("2026/03/a.jsonl", "2026/04/b.jsonl", "2026/c.txt"):
        store.put(f"patterns/{name}", lines(1))
    files = CloudFiles(store.environment)
    found = [one.address for one in files.find(store.address("patterns/**/*.jsonl"))]
    assert [store.address(f"patterns/2026/0{n}") for n in ("3/a.jsonl", "4/b.jsonl")] == found
    assert [store.address("patterns/2026/c.txt")] == [
        one.address for one in files.find(store.address("patterns/2026/*"))
    ]


def test_partitioned_parquet_is_read_with_the_columns_of_its_folders(store: Store, tmp_path: Path) -> None:
    rows = pa.table({"exchange_id": ["a", "b"], "ts": [NOW, NOW], "account_id": ["x", "y"]})
    pq.write_table(rows, tmp_path / "part.parquet")
    store.put("hive/model=m%2D7/day=2026-11-30/part.parquet", (tmp_path / "part.parquet").read_bytes())
    done = read_logs(
        [store.address("hive")], out=tmp_path / "out", now=NOW, files=CloudFiles(store.environment)
    )
    assert (2, ()) == (done.exchanges, done.notes)
    assert ["m-7", "m-7"] == pq.read_table(tmp_path / "out/exchanges.parquet")["model"].to_pylist()


def test_a_second_ingest_reads_only_what_is_new_and_says_what_changed(store: Store, tmp_path: Path) -> None:
    files = CloudFiles(store.environment)

    def add() -> tuple[int, int, int, Sequence[str], int]:
        done = read_logs([store.address("grow")], out=tmp_path, now=NOW, files=files, add=True)
        return done.files, done.exchanges, done.unchanged, done.changed, done.known

    store.put("grow/1.jsonl", lines(1, 2))
    store.put("grow/2.jsonl", lines(3))
    assert (2, 3, 0, (), 0) == add()
    assert (0, 0, 2, (), 0) == add()
    store.put("grow/1.jsonl", lines(1, 2, 4))
    store.put("grow/3.jsonl", lines(5))
    assert (2, 2, 1, (store.address("grow/1.jsonl"),), 2) == add()
    assert [f"call-{n}" for n in range(1, 6)] == exchanges(tmp_path)


def test_an_object_that_vanishes_between_listing_and_reading_is_said(store: Store, tmp_path: Path) -> None:
    class Late(CloudFiles):
        """The store of a moment ago: it lists an object that is gone by now."""

        def find(self, address: str) -> list[Found]:
            return [*super().find(address), Found(store.address("gone/b.jsonl"), 10, 1)]

    store.put("gone/a.jsonl", lines(1))
    files = Late(store.environment)
    done = read_logs([store.address("gone")], out=tmp_path, now=NOW, files=files, add=True)
    assert (1, (store.address("gone/b.jsonl"),)) == (done.exchanges, done.vanished)
    assert store.address("gone/b.jsonl") not in (tmp_path / "ingested.json").read_text()


def test_an_object_that_vanishes_during_a_scan_ends_it(store: Store, tmp_path: Path) -> None:
    for name, table in traffic(residents=3, campaign=0, pupils=0).tables.items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
    data = open_dataset(store.put_folder("fading", tmp_path), CloudFiles(store.environment))
    store.remove("fading/exchanges.parquet")
    with pytest.raises(VanishedError, match="no more"):
        list(data.batches("exchanges"))


def test_a_dataset_reads_there_as_it_does_here(store: Store, tmp_path: Path) -> None:
    for name, table in traffic(residents=20, campaign=5, pupils=5).tables.items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
    (tmp_path / "exchanges").mkdir()
    (tmp_path / "exchanges.parquet").rename(tmp_path / "exchanges/part-0.parquet")
    there = open_dataset(store.put_folder("data", tmp_path), CloudFiles(store.environment))
    here = Dataset(tmp_path)
    assert here.rows("exchanges") == there.rows("exchanges") > 100
    for name in ("exchanges", "accounts", "instruments", "releases", "networks"):
        assert here.read(name).equals(there.read(name)), name


def test_a_scan_finds_there_what_it_finds_here(running: Mapping[str, Store], monkeypatch: pytest.MonkeyPatch,
                                               tmp_path: Path) -> None:  # fmt: skip
    here, key = tmp_path / "data", write_key(tmp_path / "key")
    here.mkdir()
    for name, table in traffic(residents=60, campaign=20, pupils=8).tables.items():
        pq.write_table(table, here / f"{name}.parquet")
    store = running["s3"]
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    place = store.put_folder("whole", here)
    for data, out in ((here, tmp_path / "a"), (place, tmp_path / "b")):
        ran = run("scan", data, "--out", out, "--key-file", key, "--json")
        assert 0 == ran.code, ran
    tables = sorted(p.stem for p in (tmp_path / "a").glob("*.parquet"))
    assert tables
    assert [] == [
        t for t in tables if not read_table(tmp_path / "a", t).equals(read_table(tmp_path / "b", t))
    ]
    assert read_table(tmp_path / "b", "campaigns").num_rows > 0


def test_a_killed_scan_of_a_dataset_there_goes_on(store: Store, tmp_path: Path) -> None:
    here, key, place = tmp_path / "data", write_key(tmp_path / "key"), tmp_path / "place"
    place.mkdir()
    folder = store.put_folder("killed", traffic(residents=60, campaign=20, pupils=8).write(here))
    arguments = ("scan", folder, "--out", place / "out", "--key-file", key)
    killed(place, holds(".out.stages/01.json"), *arguments)
    summary = json.loads(run(*arguments, "--json").out)
    assert "sketch" == summary["resumed"][0]
    assert 0 == run("scan", here, "--out", tmp_path / "fresh", "--key-file", key, "--json").code
    tables = sorted(p.stem for p in (tmp_path / "fresh").glob("*.parquet"))
    assert "campaigns" in tables
    assert [] == [
        t for t in tables if not read_table(tmp_path / "fresh", t).equals(read_table(place / "out", t))
    ]
    assert ["out"] == names_in(place)


def test_what_is_not_there_is_one_clear_error(store: Store, tmp_path: Path) -> None:
    empty = store.address("nothing/here")
    one_error(run("ingest", empty, "--out", tmp_path / "x"), "no such object", empty)
    one_error(run("scan", empty, "--out", tmp_path / "x"), "no such folder", empty)
    bucket = f"{store.scheme}://no-such-bucket-here"
    one_error(run("ingest", f"{bucket}/logs", "--out", tmp_path / "x"), "no such bucket", bucket)


def test_a_store_that_does_not_answer_is_asked_again_and_is_one_clear_error(store: Store) -> None:
    with failing_first(0, times=1000) as (port, failed):
        files = CloudFiles(environment(store.scheme, port), patience=PATIENCE)
        with pytest.raises(InputError, match="cannot be reached, after several attempts"):
            files.find(store.address("logs"))
    assert len(failed) > 1


def test_a_port_where_nobody_listens_is_one_clear_error(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        files = CloudFiles(environment("s3", held.getsockname()[1]), patience=PATIENCE)
        with pytest.raises(InputError, match=r"after several attempts: .*Could(n't| not) connect to server"):
            files.find("s3://logs/x")


def test_credentials_that_are_refused_are_one_clear_error(
    running: Mapping[str, Store], tmp_path: Path
) -> None:
    wrong = {k: v.replace("AccountKey=E", "AccountKey=F") for k, v in running["az"].environment.items()}
    with pytest.raises(InputError, match=r"denies access.*AZURE_STORAGE_KEY"):
        CloudFiles(wrong).find("az://logs/x")
    with strict_s3(tmp_path) as strict, pytest.raises(InputError, match=r"denies access.*AWS_ACCESS_KEY_ID"):
        CloudFiles(strict).find("s3://logs/x")


@pytest.mark.parametrize("kind", ["s3", "az"])
def test_failures_that_pass_are_not_seen(kind: str, running: Mapping[str, Store]) -> None:
    """Google's client is left out: it keeps connections open in ways that the door between does not follow."""
    store = running[kind]
    content = lines(*range(1000))
    store.put("flaky/a.jsonl", content)
    port = int(
        next(v for v in store.environment.values() if "127.0.0.1" in v).split("127.0.0.1:")[1][:5].strip("/")
    )
    with failing_first(port, times=2) as (through, failed):
        files = CloudFiles(environment(store.scheme, through))
        (found,) = files.find(store.address("flaky/a.jsonl"))
        assert content == files.open(found).read()
    assert [503, 503] == failed


def test_a_store_is_busy_for_longer_than_its_client_waits(
    running: Mapping[str, Store], tmp_path: Path
) -> None:
    """It is asked again when files are listed, opened as tables, and opened to be read."""
    store = running["s3"]
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "a.parquet")
    place = store.put_folder("busy", tmp_path)
    port = int(store.environment["AWS_ENDPOINT_URL"].rpartition(":")[2])
    with failing_first(port, times=ATTEMPTS + 1) as (through, failed):

        def files() -> CloudFiles:
            """A client of its own, without a connection that is open."""
            failed.clear()
            return CloudFiles(environment("s3", through))

        folder = cloud_folder(place, files())
        (part,) = folder.tables["a"]
        assert 2 == replace(folder, files=files()).open(part).count_rows()
        with files().open(part.found) as file:
            assert part.found.size == file.size()
        assert ATTEMPTS + 1 == len(failed)


def test_a_store_that_fails_half_way_leaves_nothing_behind(store: Store, tmp_path: Path) -> None:
    class Breaking(CloudFiles):
        """Its connection breaks when the object is read, not when it is looked at."""

        def open(self, found: Found) -> pa.NativeFile:
            whole = super().open(found).read()
            return pa.PythonFile(_Breaks(whole, after=300_000), mode="r")

    store.put("half/a.jsonl", lines(*range(5000)))
    with pytest.raises(StillwatchError, match="cannot be reached"):
        read_logs([store.address("half")], out=tmp_path, now=NOW, files=Breaking(store.environment), add=True)
    assert not (tmp_path / "ingested.json").exists()
    assert [] == list(tmp_path.rglob("*.parquet"))


class _Breaks:
    """A file whose reading fails after so many bytes, as Arrow's client for S3 says it."""

    closed = False

    def __init__(self, content: bytes, *, after: int) -> None:
        self._content, self._after, self._at = content, after, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def tell(self) -> int:
        return self._at

    def seek(self, at: int, whence: int = 0) -> int:
        self._at = at if whence == 0 else len(self._content) + at
        return self._at

    def read(self, size: int = -1) -> bytes:
        if self._at >= self._after:
            raise OSError("AWS Error NETWORK_CONNECTION during GetObject operation: curlCode: 56")
        block = self._content[self._at :][: min(size, self._after - self._at)]
        self._at += len(block)
        return block

    def close(self) -> None:
        self.closed = True

    def flush(self) -> None:
        pass


@contextmanager
def failing_first(port: int, *, times: int) -> Iterator[tuple[int, list[int]]]:
    """A door before a store that answers its first requests with 503; gives its port and what it answered."""
    failed: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = door.accept()
                    threading.Thread(target=_pass_on, args=(client, port, failed, times), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield door.getsockname()[1], failed


def _pass_on(client: socket.socket, port: int, failed: list[int], times: int) -> None:
    with client, suppress(OSError):
        if len(failed) < times:
            failed.append(503)
            client.recv(65536)
            client.sendall(
                b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            return
        with socket.create_connection(("127.0.0.1", port)) as store:
            back = threading.Thread(target=_copy, args=(store, client), daemon=True)
            back.start()
            _copy(client, store)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(65536):
            target.sendall(block)
        target.shutdown(socket.SHUT_WR)
