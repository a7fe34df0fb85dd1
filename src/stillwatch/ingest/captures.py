"""Raw HTTP captures: one JSON object a line with request headers and body, as a recording proxy writes
them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import msgspec

from stillwatch.ingest.answers import fill_answer
from stillwatch.ingest.coerce import digest, elapsed_ms, mapping, moment, text, whole
from stillwatch.ingest.formats import Settings, chosen_account
from stillwatch.ingest.headers import Pairs, address, fill_headers, key_digest, pairs
from stillwatch.ingest.lines import objects, read_lines
from stillwatch.ingest.requests import fill_request
from stillwatch.ingest.rows import Batch, Row
from stillwatch.ingest.source import Source
from stillwatch.model.registry import log_format

_CHAT = (
    "/chat/completions",
    "/responses",
    "/messages",
    "/converse",
    "/converse-stream",
    "/invoke",
    "/invoke-with-response-stream",
    ":generateContent",
    ":streamGenerateContent",
)
_IN_PATH = re.compile(r"/(?:deployments|models|model)/([^/:]+)")  # Azure OpenAI, Gemini, Bedrock
_EMBED = ("/embeddings",)
_COMPLETION = ("/completions", "/complete")
_UPLOAD = ("/files",)
_BATCH = ("/messages/batches",)


class Capture(msgspec.Struct, gc=False):
    """One recorded request. `response` is the answer's body, where it was recorded too."""

    t_recv: float
    headers: Any
    path: str
    body: Any = None
    method: str = "POST"
    t_done: float | None = None
    status: Any = None
    response: Any = None
    request_id: str | None = None
    conn: Any = None
    conn_req: Any = None
    completion_tokens: Any = None
    client_address: Any = None
    ja4: Any = None
    batch_sample: Any = None


@log_format(
    name="captures", title="Raw HTTP captures (JSON lines)", account="SHA-256 of the API key in headers"
)
class Captures:
    """Reads captures of OpenAI and Anthropic style APIs, batch uploads included: one exchange per prompt."""

    def __init__(self, settings: Settings) -> None:
        self._account = settings.account
        self._decode = msgspec.json.Decoder(Capture, strict=False).decode

    def sniff(self, head: bytes) -> float:
        """Sure where lines hold `t_recv`, `headers` and `path`."""
        found = objects(head)
        ours = sum("t_recv" in o and "headers" in o and "path" in o for o in found)
        return ours / len(found) if found else 0.0

    def read(self, source: Source) -> Iterator[Batch]:
        """One row per prompt; listings, token counts and other calls without a prompt are passed over."""
        return read_lines(source, self._rows, name="captures")

    def _rows(self, line: bytes) -> list[Row]:
        record = self._decode(line)
        path = record.path.partition("?")[0].rstrip("/")
        if record.method != "POST":
            return []
        headers = pairs(record.headers)
        row = self._base(record, headers, line)
        if path.endswith(_UPLOAD + _BATCH):
            return _uploaded(row, record)
        if not path.endswith(_CHAT + _EMBED + _COMPLETION) or not isinstance(record.body, dict):
            return []
        chat = path.endswith(_CHAT)
        if "model" not in record.body and (named := _IN_PATH.search(path)):
            row.model = unquote(named[1])
        row.operation = "chat" if chat else "embeddings" if path.endswith(_EMBED) else "completion"
        return _answered(row, record.body, record.response)

    def _base(self, record: Capture, headers: Pairs, line: bytes) -> Row:
        row = Row(pathway="api", status=whole(record.status), ja4=text(record.ja4))
        row.exchange_id = record.request_id or _identity(record, line)
        row.ts = moment(record.t_recv)
        row.api_key_id = key_digest(headers)
        row.account_id = chosen_account(line, self._account) if self._account else row.api_key_id
        row.client_address = address(record.client_address)
        row.output_tokens = whole(record.completion_tokens)
        row.duration_ms = elapsed_ms(row.ts, moment(record.t_done))
        fill_headers(row, headers)
        return row


def _identity(record: Capture, line: bytes) -> str:
    """An id for a request without one: its time, its place on the connection and its line's digest."""
    return f"{round(record.t_recv * 1e6):x}-{record.conn}-{record.conn_req}-{digest(line)}"


def _answered(row: Row, body: dict[str, Any], response: Any) -> list[Row]:
    """Rows of one request: one, or one per prompt where a completion carries a list of prompts."""
    prompts = body.get("prompt")
    if not (isinstance(prompts, list) and len(prompts) > 1 and isinstance(prompts[0], str)):
        fill_request(row, body)
        fill_answer(row, response)
        return [row]
    rows = []
    each = body.get("n") if isinstance(body.get("n"), int) else 1
    for i, prompt in enumerate(prompts):
        one = _copy(row, f"{row.exchange_id}.{i}")
        fill_request(one, body | {"prompt": prompt})
        one.output_tokens = _share(row.output_tokens, len(prompts), i)
        fill_answer(one, response, choice=i * (each or 1))
        rows.append(one)
    return rows


def _share(total: int | None, parts: int, part: int) -> int | None:
    """Part of a total so that all parts add up to it."""
    return None if total is None else total // parts + (part < total % parts)


def _uploaded(row: Row, record: Capture) -> list[Row]:
    """Rows of a batch: the prompts of an uploaded file, or the requests of a message batch."""
    rows = []
    for i, item in enumerate(_batched(record)):
        body = mapping(item.get("body")) or mapping(item.get("params"))
        if not body:
            continue
        one = _copy(row, f"{row.exchange_id}.{text(item.get('custom_id')) or i}")
        one.pathway = one.operation = "batch"
        one.output_tokens = one.duration_ms = None
        fill_request(one, body)
        rows.append(one)
    return rows


def _batched(record: Capture) -> list[dict[str, Any]]:
    body = record.body
    if isinstance(body, dict):
        listed = body.get("requests", record.batch_sample)
        if isinstance(listed, list):
            return [item for item in listed if isinstance(item, dict)]
        body = body.get("_text", body.get("_raw"))
    if isinstance(body, list):
        return [item for item in body if isinstance(item, dict)]
    if not isinstance(body, str):
        return []
    lines = (line.strip() for line in body.split("\n"))  # of a multipart upload: frames are no JSON
    return [item for item in map(mapping, lines) if item]


def _copy(row: Row, exchange_id: str) -> Row:
    copied = Row(**{name: getattr(row, name) for name in Row.__struct_fields__})
    copied.exchange_id = exchange_id
    return copied
