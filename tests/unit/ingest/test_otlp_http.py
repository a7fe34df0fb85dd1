"""The OTLP receiver: what it takes, what it refuses, and that it answers when records are durable."""

from __future__ import annotations

import gzip
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from stillwatch.ingest.formats import Settings
from stillwatch.ingest.live.delivery import Delivery, Queue
from stillwatch.ingest.live.otlp_http import Receiver, ReceiverSettings

JSON, PROTOBUF = "application/json", "application/x-protobuf"
GIVEN = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "corvid-3",
    "account.id": "acct-1",
    "http.request.id": "req-1",
    "gen_ai.prompt.0.role": "user",
    "gen_ai.prompt.0.content": "Name a river.",
}
START = 1_772_409_600_000_000_000


def span(**more: str) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    one = request.resource_spans.add().scope_spans.add().spans.add()
    one.trace_id, one.span_id, one.start_time_unix_nano = b"\x01" * 16, b"\x02" * 8, START
    for name, value in {**GIVEN, **more}.items():
        pair = one.attributes.add()
        pair.key, pair.value.string_value = name, value
    one.attributes.add(key="gen_ai.usage.output_tokens").value.int_value = 7
    return request


def span_json(**more: str) -> bytes:
    attributes = [{"key": k, "value": {"stringValue": v}} for k, v in {**GIVEN, **more}.items()]
    attributes.append({"key": "gen_ai.usage.output_tokens", "value": {"intValue": "7"}})
    one = {
        "traceId": "01" * 16,
        "spanId": "02" * 8,
        "startTimeUnixNano": str(START),
        "attributes": attributes,
    }
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]}).encode()


@contextmanager
def receiving(
    *, durable: bool = True, most: int = 1 << 20, **settings: Any
) -> Iterator[tuple[Receiver, list[Delivery]]]:
    """A receiver on a free port; what it takes is durable at once, if it is to be."""
    queue, taken, stop = Queue(most), [], threading.Event()

    def consume() -> None:
        while not stop.is_set():
            delivery = queue.get(seconds=0.02) if durable else stop.wait(0.02)
            if isinstance(delivery, Delivery):
                taken.append(delivery)
                delivery.done()

    receiver = Receiver(ReceiverSettings(port=0, **settings), Settings(), queue)
    threads = [threading.Thread(target=f) for f in (receiver.serve_forever, consume)]
    for thread in threads:
        thread.start()
    try:
        yield receiver, taken
    finally:
        stop.set()
        receiver.shutdown()
        receiver.server_close()
        for thread in threads:
            thread.join()


def post(
    receiver: Receiver, body: bytes, kind: str = JSON, path: str = "/v1/traces", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", receiver.server_address[1], timeout=10)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", path, body, {"Content-Type": kind, **named})
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    return answer, said


def rows(taken: list[Delivery]) -> list[dict[str, Any]]:
    return [r for d in taken for b in d.batches for r in b.exchanges.drop_columns(["source"]).to_pylist()]


def test_json_and_protobuf_packed_or_not_are_the_same_exchange() -> None:
    with receiving() as (receiver, taken):
        for body, kind in ((span_json(), JSON), (span().SerializeToString(), PROTOBUF)):
            assert 200 == post(receiver, body, kind)[0].status
            assert 200 == post(receiver, gzip.compress(body), kind, Content_Encoding="gzip")[0].status
    found = rows(taken)
    assert 4 == len(found)
    assert ("req-1", "acct-1", "Name a river.", 7) == tuple(
        found[0][c] for c in ("exchange_id", "account_id", "prompt_text", "output_tokens")
    )
    assert found[1:] == [found[0]] * 3


def test_log_events_in_protobuf() -> None:
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    record.time_unix_nano = START
    for name, value in GIVEN.items():
        record.attributes.add(key=name).value.string_value = value
    with receiving() as (receiver, taken):
        assert 200 == post(receiver, request.SerializeToString(), PROTOBUF, "/v1/logs")[0].status
    assert ["req-1"] == [r["exchange_id"] for r in rows(taken)]


def test_a_damaged_record_is_counted_in_the_answer() -> None:
    bad = json.loads(span_json())
    bad["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["startTimeUnixNano"] = "yesterday"
    with receiving() as (receiver, _):
        answer, said = post(receiver, json.dumps(bad).encode())
        binary, body = post(receiver, span().SerializeToString(), PROTOBUF)
    assert (200, "1") == (answer.status, json.loads(said)["partialSuccess"]["rejectedSpans"])
    assert (200, 0) == (
        binary.status,
        ExportTraceServiceResponse.FromString(body).partial_success.rejected_spans,
    )


@pytest.mark.parametrize(
    ("status", "body", "kind", "path", "headers"),
    [
        (400, b"{", JSON, "/v1/traces", {}),
        (400, b"\xff\xff\xff", PROTOBUF, "/v1/traces", {}),
        (400, b"not gzip", JSON, "/v1/traces", {"Content-Encoding": "gzip"}),
        (400, gzip.compress(b"{}", mtime=0)[:-4], JSON, "/v1/traces", {"Content-Encoding": "gzip"}),
        (404, b"{}", JSON, "/v1/metrics", {}),
        (413, gzip.compress(b" " * 9000, mtime=0), JSON, "/v1/traces", {"Content-Encoding": "gzip"}),
        (413, b" " * 9000, JSON, "/v1/traces", {}),
        (415, b"{}", "text/plain", "/v1/traces", {}),
        (415, b"{}", JSON, "/v1/traces", {"Content-Encoding": "br"}),
    ],
)  # fmt: skip
def test_what_is_refused_for_good(
    status: int, body: bytes, kind: str, path: str, headers: dict[str, str]
) -> None:
    with receiving(most_bytes=5000) as (receiver, taken):
        answer, said = post(receiver, body, kind, path, **headers)
    assert (status, None, []) == (answer.status, answer.headers["Retry-After"], taken)
    assert json.loads(said)["message"]


def test_a_token_is_asked_for() -> None:
    with receiving(token="quillpen") as (receiver, _):  # noqa: S106 - of the test
        assert 401 == post(receiver, span_json())[0].status
        assert 200 == post(receiver, span_json(), Authorization="Bearer quillpen")[0].status


def test_a_full_queue_asks_to_come_again() -> None:
    with receiving(durable=False, most=1, room_seconds=0.05, durable_seconds=0.05) as (receiver, _):
        first, _ = post(receiver, span_json())
        second, _ = post(receiver, span_json())
    assert [503, 429] == [first.status, second.status]
    assert all(a.headers["Retry-After"] for a in (first, second))


BODY = b" " * 4_000_000  # more than what is under way between two sockets


def test_who_is_turned_away_reads_why_however_much_was_being_sent() -> None:
    """Closed with unread bytes a connection is reset, and the answer is lost."""
    with receiving(connections=1) as (receiver, _):
        idle = http.client.HTTPConnection("127.0.0.1", receiver.server_address[1], timeout=10)
        idle.connect()
        answers = [post(receiver, BODY)[0].status for _ in range(5)]
        idle.close()
    assert [503] * 5 == answers


def test_a_refusal_before_the_body_is_read_arrives() -> None:
    with receiving(token="t") as (receiver, _):  # noqa: S106
        answers = [post(receiver, BODY)[0].status for _ in range(5)]
    assert [401] * 5 == answers


def test_too_many_connections_are_turned_away() -> None:
    with receiving(connections=1) as (receiver, _):
        idle = http.client.HTTPConnection("127.0.0.1", receiver.server_address[1], timeout=10)
        idle.connect()
        answer, _ = post(receiver, span_json())
        idle.close()
    assert (503, "1") == (answer.status, answer.headers["Retry-After"])
