"""`write_native`: a canonical dataset in one of the native log formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from stillwatch.lab.native import bedrock, captures, envoy, kong, litellm, openinference, otlp
from stillwatch.lab.native.dataset import Record, read_exchanges, write_lines
from stillwatch.lab.native.talks import Talks
from stillwatch.lab.text.clients import load_clients
from stillwatch.model.errors import UsageError

Lines: TypeAlias = Callable[[Record, Talks], list[bytes]]


@dataclass(frozen=True, slots=True)
class Native:
    """One format: how a row becomes lines, and which columns survive the way there and back.

    `spans` is the second file of a pair, where the format has one.
    """

    lines: Lines
    carries: tuple[str, ...]
    spans: Lines | None = None


FORMATS: Mapping[str, Native] = MappingProxyType(
    {
        "litellm": Native(litellm.payload_lines, litellm.CARRIES),
        "litellm_spend": Native(litellm.spend_lines, litellm.CARRIES),
        "otlp_spans": Native(otlp.span_lines, otlp.CARRIES),
        "otlp_events": Native(otlp.event_lines, tuple(c for c in otlp.CARRIES if c != "duration_ms")),
        "openinference": Native(openinference.lines, openinference.CARRIES),
        "envoy": Native(envoy.log_lines, envoy.CARRIES),
        "envoy_pair": Native(envoy.log_lines, envoy.PAIR_CARRIES, envoy.span_lines),
        "bedrock": Native(bedrock.lines, bedrock.CARRIES),
        "kong": Native(kong.lines, kong.CARRIES),
        "captures": Native(captures.writer(MappingProxyType({})), captures.CARRIES),
    }
)


def write_native(dataset: Path, format: str, out: Path, *, limit: int | None = None) -> int:  # noqa: A002
    """Write at most `limit` exchanges of a dataset in a format; returns the number of records written.

    `out` is the file; `.gz` at its end compresses it. A pair writes its spans beside it, `.spans` before the
    suffix. Conversations are written out as far as the dataset holds their earlier exchanges. Memory does not
    grow with the dataset. Raises `UsageError` for a format that is not known.
    """
    native = FORMATS.get(format)
    if native is None:
        raise UsageError(f"no native format is called {format!r}", remedy=f"Use one of {', '.join(FORMATS)}")
    lines = native.lines
    if format == "captures":
        orders = {c.header_order: c.headers for c in load_clients() if c.header_order is not None}
        lines = captures.writer(orders)
    written = _write(dataset, lines, out, limit)
    if native.spans is not None:
        _write(dataset, native.spans, spans_path(out), limit)
    return written


def spans_path(out: Path) -> Path:
    """Where the spans of a pair go: `log.jsonl.gz` becomes `log.spans.jsonl.gz`."""
    head, _, tail = out.name.partition(".")
    return out.with_name(f"{head}.spans.{tail}")


def _write(dataset: Path, lines: Lines, out: Path, limit: int | None) -> int:
    talks = Talks()
    return write_lines((line for row in read_exchanges(dataset, limit) for line in lines(row, talks)), out)
