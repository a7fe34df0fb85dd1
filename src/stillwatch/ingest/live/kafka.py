"""Kafka: topics read in a consumer group, one record a message, with the optional package `confluent-kafka`.

Where to go on stands in our own state, written together with the records; the broker is told afterwards, for those who
watch the group's lag. So a watcher that is killed in between reads nothing twice.
"""

from __future__ import annotations

import importlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

from stillwatch.ingest.detect import AUTO, Formats
from stillwatch.ingest.formats import Settings
from stillwatch.ingest.live.delivery import Delivery, Queue
from stillwatch.ingest.live.records import Reader, rejected
from stillwatch.ingest.rows import Batch, Reject
from stillwatch.model.errors import InputError, ResourceError, UsageError

MESSAGES = 2000
_SECONDS = 0.2
_ROOM_SECONDS = 0.5
_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {"auto.offset.reset": "earliest", "max.poll.interval.ms": 300_000, "session.timeout.ms": 10_000,
     "queued.max.messages.kbytes": 32_768, "partition.assignment.strategy": "cooperative-sticky"}
)  # fmt: skip
_OURS = (
    "bootstrap.servers",
    "group.id",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.partition.eof",
)


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """Addresses of brokers (`host:port,…`), topics, the consumer group, and further settings of the client;
    `patience` in seconds with a broker that, when a topic is read to its end, gives no partition, record or end."""

    brokers: str
    topics: tuple[str, ...]
    group: str = "stillwatch"
    client: Mapping[str, str] = field(default_factory=dict)
    patience: float = 120.0


def client() -> Any:
    """The package confluent-kafka. Raises `UsageError` if it is not there."""
    try:
        return importlib.import_module("confluent_kafka")
    except ImportError as error:
        raise UsageError(
            "Kafka needs the package confluent-kafka",
            remedy="Install it with: pip install 'stillwatch[kafka]'",
        ) from error


def consumer(settings: KafkaSettings) -> Any:
    """A consumer with these settings; it connects later. Raises `UsageError` for settings that cannot be."""
    taken = sorted(set(settings.client) & set(_OURS))
    if taken:
        raise UsageError(f"{taken[0]} cannot be set", remedy="Leave it to Stillwatch")
    options = {
        **_DEFAULTS,
        **settings.client,
        "bootstrap.servers": settings.brokers,
        "group.id": settings.group,
    }
    options |= {"enable.auto.commit": False, "enable.auto.offset.store": False, "enable.partition.eof": True}
    kafka = client()
    try:
        return kafka.Consumer(options)
    except (kafka.KafkaException, ValueError, TypeError) as error:
        raise UsageError(
            f"the Kafka client refuses its settings: {error}", remedy="Check --kafka-set"
        ) from error


class Kafka:
    """Topics as a live source. With `drain` it ends where the topics ended when a partition was last asked."""

    def __init__(
        self, settings: KafkaSettings, positions: Mapping[str, Any], formats: Formats, reading: Settings, *,
        wanted: str = AUTO, queue: Queue, drain: bool = False, warned: Callable[[str], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._client = client()
        self._settings, self._formats, self._reading, self._wanted = settings, formats, reading, wanted
        self._queue, self._drain, self._warned = queue, drain, warned
        self._said = ""
        self._next: dict[str, int] = {k: int(v) for k, v in positions.items() if k.startswith("kafka:")}
        self._readers: dict[str, Reader] = {}
        self._ended: set[str] = set()
        self._assigned: set[str] = set()
        self._paused = False
        self._handed: dict[str, int] = {}
        self._durable: dict[str, int] = {}
        self._told: dict[str, int] = {}
        self._stopped = threading.Event()
        self._heard = time.monotonic()
        self._consumer = consumer(settings)

    def run(self) -> None:
        """Read until stopped, or with `drain` until every partition has ended.

        Raises `InputError` for a topic that is not there, `ResourceError` if with `drain` nothing is heard for long.
        """
        self._consumer.subscribe(
            list(self._settings.topics),
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_revoke,
        )
        try:
            while not self._stopped.is_set():
                self._breathe()
                self._hand_on(self._sorted(self._consumer.consume(MESSAGES, _SECONDS)))
                self._tell(asynchronous=True)
                if self._drain and self._read_to_the_end():
                    return
        finally:
            self._tell(asynchronous=False)
            self._consumer.close()

    def stop(self) -> None:
        """Read nothing more."""
        self._stopped.set()

    def _read_to_the_end(self) -> bool:
        if not (self._assigned and self._assigned <= self._ended):
            silent = time.monotonic() - self._heard
            if silent > self._settings.patience:
                raise ResourceError(
                    f"Kafka: nothing heard for {silent:.0f} s of group {self._settings.group!r}",
                    where=f"{self._settings.brokers} {','.join(self._settings.topics)}",
                    remedy="Check that the broker runs and nobody else is in the group; run it again: it goes on",
                )
            return False
        return self._all_durable()

    def _all_durable(self) -> bool:
        return self._handed == self._durable

    def _tell(self, *, asynchronous: bool) -> None:
        """Tell the broker what is durable."""
        durable = dict(self._durable)
        news = [
            self._client.TopicPartition(*_place(name), after)
            for name, after in durable.items()
            if after != self._told.get(name) and name in self._assigned
        ]
        if not news:
            return
        try:
            self._consumer.commit(offsets=news, asynchronous=asynchronous)
        except self._client.KafkaException:
            return  # the partition has moved on: the state knows where to go on
        self._told = durable

    def _breathe(self) -> None:
        """Pause while there is no room: polling goes on, so the group keeps us."""
        if self._paused:
            self._heard = time.monotonic()
        if self._queue.full != self._paused:
            partitions = self._consumer.assignment()
            (self._consumer.pause if self._queue.full else self._consumer.resume)(partitions)
            self._paused = not self._paused

    def _on_assign(self, consumer: Any, partitions: Sequence[Any]) -> None:
        """Go on where the state or, if it knows less, the broker says."""
        self._heard = time.monotonic()
        reset = self._settings.client.get("auto.offset.reset", "earliest")
        begin = (
            self._client.OFFSET_END
            if reset in ("latest", "largest", "end")
            else self._client.OFFSET_BEGINNING
        )
        try:
            told = consumer.committed(list(partitions), timeout=10)
        except self._client.KafkaException as error:
            self._warn(f"offsets of the group cannot be asked for: {error}")
            told, begin = list(partitions), self._client.OFFSET_STORED
        for partition in told:
            name = self._name(partition.topic, partition.partition)
            known = max(partition.offset, self._next.get(name, -1))
            partition.offset = known if known >= 0 else begin
            self._assigned.add(name)
            self._ended.discard(name)
        consumer.incremental_assign(told)
        self._paused = False

    def _on_revoke(self, consumer: Any, partitions: Sequence[Any]) -> None:
        for partition in partitions:
            self._assigned.discard(self._name(partition.topic, partition.partition))
        consumer.incremental_unassign(list(partitions))

    def _sorted(self, messages: Sequence[Any]) -> Mapping[tuple[str, int], list[Any]]:
        """Messages by partition; ends of partitions and errors are noted."""
        found: dict[tuple[str, int], list[Any]] = defaultdict(list)
        for message in messages:
            error = message.error()
            place = (message.topic(), message.partition())
            if error is None:
                self._heard = time.monotonic()
                found[place].append(message)
                self._ended.discard(self._name(*place))
            elif error.code() == self._client.KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
                self._heard = time.monotonic()
                self._ended.add(self._name(*place))
            elif error.fatal() or error.code() == self._client.KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise InputError(
                    f"Kafka: {error.str()}",
                    where=f"{self._settings.brokers} {','.join(self._settings.topics)}",
                    remedy="Check --kafka and --topic",
                )
            else:
                self._warn(error.str())
        return found

    def _warn(self, why: str) -> None:
        """Say what goes wrong when it changes; the client goes on trying."""
        if why != self._said:
            self._said = why
            self._warned(why)

    def _hand_on(self, found: Mapping[tuple[str, int], list[Any]]) -> None:
        for (topic, partition), messages in found.items():
            name = self._name(topic, partition)
            after = messages[-1].offset() + 1
            values = [m.value() or b"" for m in messages]
            delivery = Delivery(
                name, self._batches(name, values, messages[0].offset()), sum(map(len, values)), {name: after},
                partial(self._durable.__setitem__, name, after),
            )  # fmt: skip
            while not self._queue.put(delivery, seconds=_ROOM_SECONDS):
                if self._stopped.is_set():
                    return
            self._next[name] = self._handed[name] = after

    def _batches(self, name: str, values: Sequence[bytes], first: int) -> tuple[Batch, ...]:
        reader = self._readers.get(name)
        if reader is None:
            reader = self._readers[name] = Reader(name, self._formats, self._reading, wanted=self._wanted)
        try:
            return reader.messages(values, first=first)
        except InputError as error:
            return (rejected([Reject(first + n, error.what) for n in range(len(values))]),)

    @staticmethod
    def _name(topic: str, partition: int) -> str:
        return f"kafka:{topic}/{partition}"


def _place(name: str) -> tuple[str, int]:
    topic, _, partition = name.removeprefix("kafka:").rpartition("/")
    return topic, int(partition)
