"""What a watcher counts, and the names under which Prometheus reads it."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from stillwatch.model.errors import UsageError

KEPT = ("exchanges", "duplicates", "late", "expired", "rejects")  # counted over restarts


@dataclass
class Counts:
    """Totals and last values; times are seconds since 1970."""

    exchanges: int = 0  # made durable, duplicates that are recognised at once left out
    duplicates: int = 0  # records that came again
    late: int = 0  # kept, though their window was looked at
    expired: int = 0  # older than what is kept, so not kept
    rejects: int = 0  # could not be read
    commits: int = 0
    looks: int = 0
    look_failures: int = 0
    look_seconds: float = 0.0  # the last one took
    published: int = 0
    publish_failures: int = 0
    refused_files: int = 0
    queue_bytes: int = 0
    pending: int = 0  # exchanges taken in and not yet durable
    newest: float = 0.0  # latest event time
    looked: float = 0.0  # event time up to which was looked
    beat: float = 0.0  # when the main loop last went round
    ready: bool = False
    campaigns: Counter[str] = field(default_factory=Counter)  # by verdict, at the last look
    otlp: Counter[int] = field(default_factory=Counter)  # requests by status


_TOTALS = (
    ("exchanges", "Exchanges made durable"), ("duplicates", "Records that came again"),
    ("late", "Exchanges that came after their window was looked at, and were kept"),
    ("expired", "Exchanges older than what is kept"), ("rejects", "Records that could not be read"),
    ("commits", "Steps made durable"), ("looks", "Looks done"), ("look_failures", "Looks that failed"),
    ("published", "Updates delivered"), ("publish_failures", "Attempts at delivery that failed"),
    ("refused_files", "Files in no format that is known"),
)  # fmt: skip
_VALUES = (
    ("look_seconds", "Seconds that the last look took"), ("queue_bytes", "Bytes that wait to be taken in"),
    ("pending", "Exchanges taken in and not yet durable"), ("newest", "Latest event time, seconds since 1970"),
    ("looked", "Event time up to which was looked, seconds since 1970"),
)  # fmt: skip


def exposition(counts: Counts) -> bytes:
    """The counts in the text format of Prometheus.

    Raises `UsageError` without the package prometheus-client.
    """
    client = _prometheus()
    registry = client.CollectorRegistry()
    registry.register(_Collector(counts))
    return bytes(client.generate_latest(registry))


def _prometheus() -> Any:
    try:
        return importlib.import_module("prometheus_client")
    except ImportError as error:
        raise UsageError(
            "metrics need the package prometheus-client",
            remedy="Install it with: pip install 'stillwatch[watch]'",
        ) from error


class _Collector:
    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Any]:
        """One family a name."""
        core = importlib.import_module("prometheus_client.core")
        for name, help_ in _TOTALS:
            yield core.CounterMetricFamily(f"stillwatch_{name}", help_, value=getattr(self._counts, name))
        for name, help_ in _VALUES:
            yield core.GaugeMetricFamily(f"stillwatch_{name}", help_, value=getattr(self._counts, name))
        for name, label in (("campaigns", "verdict"), ("otlp", "status")):
            kind = core.GaugeMetricFamily if name == "campaigns" else core.CounterMetricFamily
            title = "Campaigns at the last look" if name == "campaigns" else "OTLP requests"
            family = kind(f"stillwatch_{name}", title, labels=[label])
            for value, n in sorted(getattr(self._counts, name).items()):
                family.add_metric([str(value)], n)
            yield family
