"""Rate and memory of ingest: python bench/ingest.py [--records N] [--large-mb MB].

For each format: records made from its test cases (LiteLLM: of about 1.3 KB), read by `read_logs` and, in the
same run, line by line with plain `json.loads`. Rates are per second of processor time on one core, so that a
busy machine does not matter much. The large file shows that memory does not grow with the file.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from figures import STILLWATCH, Figure, finish

from stillwatch.ingest.logs import log_formats, read_logs

CASES = Path(__file__).parents[1] / "tests/cases/ingest"
WORDS = [
    "water",
    "river",
    "stone",
    "bridge",
    "answer",
    "write",
    "list",
    "code",
    "number",
    "table",
    "reason",
    "example",
    "because",
    "state",
    "order",
]
START = 1_795_450_000
MARK = "0bench0"  # replaced by the number of the record


def _text(draw: random.Random, words: int) -> str:
    return " ".join(draw.choices(WORDS, k=words))


def litellm_lines(records: int) -> Iterator[str]:
    """LiteLLM records of about 1.3 KB, one in three with earlier turns."""
    draw = random.Random(1)  # noqa: S311 - not for secrets
    for number in range(records):
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": _text(draw, 20)}]
        if number % 3 == 0:
            messages += [
                {"role": "assistant", "content": _text(draw, 10)},
                {"role": "user", "content": _text(draw, 6)},
            ]
        yield json.dumps(_litellm(number, messages, _text(draw, 18)))


def _litellm(number: int, messages: list[dict[str, str]], answer: str) -> dict[str, Any]:
    choice = {"finish_reason": "stop", "index": 0, "message": {"content": answer, "role": "assistant"}}
    return {
        "id": f"call-{number}",
        "trace_id": f"trace-{number}",
        "call_type": "acompletion",
        "stream": False,
        "status": "success",
        "custom_llm_provider": "openai",
        "total_tokens": 90,
        "prompt_tokens": 60,
        "completion_tokens": 30,
        "startTime": START + number / 100,
        "endTime": START + number / 100 + 1.25,
        "response_time": 1.25,
        "model": "m-1",
        "model_group": "m-1",
        "api_base": "https://api.example.org",
        "metadata": {"user_api_key_hash": f"{number % 500:064x}", "user_api_key_org_id": "org-1"},
        "request_tags": [],
        "end_user": "",
        "requester_ip_address": "203.0.113.7",
        "messages": messages,
        "response": {
            "id": f"call-{number}",
            "created": START,
            "model": "m-1",
            "object": "chat.completion",
            "choices": [choice],
            "usage": {"completion_tokens": 30, "prompt_tokens": 60, "total_tokens": 90},
        },
        "model_parameters": {"temperature": 0.7, "max_tokens": 512},
    }


def case_lines(name: str, records: int) -> Iterator[str]:
    """Records of a format's cases, again and again, each time with other ids."""
    lines = (CASES / name / "input.jsonl").read_text("utf-8").splitlines()
    marked = [_marked(line) for line in lines]
    for number in range(records):
        yield marked[number % len(marked)].replace(MARK, f"{number:07d}")


def _marked(line: str) -> str:
    """A line whose ids hold the mark: ids of requests, traces and spans, and times of captures."""
    record = json.loads(line)
    _mark(record)
    return json.dumps(record)


def _mark(node: Any) -> None:
    if isinstance(node, list):
        for item in node:
            _mark(item)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if (
            key in ("exchange_id", "requestId", "spanId", "x-request-id", "conn_req")
            or (key == "id" and isinstance(value, str) and len(value) == 32)
            or (isinstance(value, str) and value in ("req-a", "chatcmpl-a", "resp-e"))
        ):
            node[key] = MARK
        else:
            _mark(value)


def measure(name: str, path: Path, out: Path) -> Figure:
    """Lines a second beside `json.loads` alone; prints megabytes a second, too."""
    lines = path.read_bytes().splitlines()
    start = time.process_time()
    for line in lines:
        json.loads(line)
    plain = time.process_time() - start
    best, done = float("inf"), None
    for _ in range(2):
        start = time.process_time()
        done = read_logs([str(path)], out=out, now=datetime(2026, 12, 1, tzinfo=UTC), format=name)
        best = min(best, time.process_time() - start)
    assert done is not None
    assert not done.reasons.keys() - {"duplicate exchange_id"}, done.reasons
    size = path.stat().st_size
    print(
        f"{name:<10} {size / len(lines):6.0f} bytes a line  {len(lines) / best:8,.0f} lines/s"
        f"  {done.exchanges / best:8,.0f} exchanges/s  {size / 1e6 / best:5.0f} MB/s"
        f"  {plain / best:5.2f} of json.loads alone"
    )
    return Figure(name, len(lines) / best, "lines/s", "json.loads", len(lines) / plain)


def large(megabytes: int, folder: Path) -> None:
    """Print wall time and peak memory of a file of that size, read by the command in a process of its own."""
    path = folder / "large.jsonl"
    block = "\n".join(litellm_lines(20_000)) + "\n"
    with path.open("w") as stream:
        number = 0
        while stream.tell() < megabytes * 1_000_000:
            stream.write(block.replace('"id": "call-', f'"id": "call-{number}-'))
            number += 1
    program = [sys.executable, "-c", STILLWATCH, "ingest", path, "--out", folder / "large"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = json.loads(subprocess.run([*program, "--json"], check=True, capture_output=True).stdout)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"{path.stat().st_size / 1e6:,.0f} MB of LiteLLM, {done['exchanges']:,} exchanges: {wall:.1f} s wall,"
        f" {cpu:.1f} s processor, {done['exchanges'] / cpu:,.0f} exchanges/s,"
        f" peak {after.ru_maxrss / 1024:.0f} MiB"
    )
    path.unlink()


def main() -> None:
    """Measure every format, then one large file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--large-mb", type=int, default=0)
    chosen = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as name:
        folder, found = Path(name), []
        for kind in log_formats():
            lines = litellm_lines(chosen.records) if kind == "litellm" else case_lines(kind, chosen.records)
            path = folder / f"{kind}.jsonl"
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            found.append(measure(kind, path, folder / kind))
        if chosen.large_mb:
            large(chosen.large_mb, folder)
    finish(found)


if __name__ == "__main__":
    main()
