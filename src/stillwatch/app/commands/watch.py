"""`stillwatch watch`: the scan, continuously."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import typer

from stillwatch.app.live.intake import IntakeSettings
from stillwatch.app.live.log import Log
from stillwatch.app.live.publish import Sink, Topic, webhook
from stillwatch.app.live.sources import Files, Otlp, Source
from stillwatch.app.live.watch import Watcher, WatchSettings
from stillwatch.app.live.windows import WindowSettings
from stillwatch.app.options import KeyFile, Memory, Threads
from stillwatch.app.secret import default_key_file
from stillwatch.ingest.formats import Settings
from stillwatch.ingest.live.follow import check_patterns
from stillwatch.ingest.live.kafka import Kafka, KafkaSettings, consumer
from stillwatch.ingest.live.otlp_http import Receiver, ReceiverSettings
from stillwatch.ingest.logs import log_formats
from stillwatch.ingest.mapping import load
from stillwatch.model.errors import UsageError

UNITS: Mapping[str, str] = MappingProxyType(
    {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
)


class Text(StrEnum):
    """Whether prompts and answers are kept."""

    keep = "keep"
    drop = "drop"


def command(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SRC…", help="Files, folders or patterns of logs with one JSON record a line."
        ),
    ] = None,
    state: Annotated[
        Path | None, typer.Option("--state", help="Folder of the watcher; made if missing.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", help="Log format; auto goes by content.")] = "auto",
    account: Annotated[str, typer.Option("--account", help="Path in the record to the account id.")] = "",
    mapping: Annotated[str, typer.Option("--map", help="TOML column mapping of canonical records.")] = "",
    text: Annotated[
        Text, typer.Option("--text", help="Keep prompt and answer text, or drop it.")
    ] = Text.keep,
    beside: Annotated[
        Path | None,
        typer.Option(
            "--beside", help="Folder with accounts, instruments, networks, …; read anew at each look."
        ),
    ] = None,
    otlp: Annotated[
        str, typer.Option("--otlp", metavar="HOST:PORT", help="Receive OTLP over HTTP there.")
    ] = "",
    otlp_token: Annotated[
        Path | None,
        typer.Option("--otlp-token-file", help="File with the bearer token that clients must send."),
    ] = None,
    kafka: Annotated[
        str, typer.Option("--kafka", metavar="BROKERS", help="Brokers, such as 10.0.0.1:9092,10.0.0.2:9092.")
    ] = "",
    topics: Annotated[
        list[str] | None, typer.Option("--topic", help="Topic to read; several by repeating it.")
    ] = None,
    group: Annotated[str, typer.Option("--group", help="Consumer group.")] = "stillwatch",
    kafka_set: Annotated[
        list[str] | None,
        typer.Option(
            "--kafka-set", metavar="NAME=VALUE", help="Setting of the Kafka client, such as TLS or SASL."
        ),
    ] = None,
    publish_topic: Annotated[
        str, typer.Option("--publish-topic", help="Topic of the same brokers for updates of campaigns.")
    ] = "",
    every: Annotated[str, typer.Option("--every", help="Length of a window of event time.")] = "1h",
    lateness: Annotated[
        str, typer.Option("--lateness", help="How late a record may come for its window.")
    ] = "1m",
    idle: Annotated[
        str, typer.Option("--idle", help="Look at everything after so long without a record.")
    ] = "1m",
    retain: Annotated[int, typer.Option("--retain", min=1, help="Days of event time that are kept.")] = 35,
    commit: Annotated[str, typer.Option("--commit", help="Longest time until a record is durable.")] = "1s",
    queue: Annotated[
        int, typer.Option("--queue", min=1, help="Most megabytes that wait to be taken in.")
    ] = 64,
    listen: Annotated[
        str,
        typer.Option("--listen", metavar="HOST:PORT", help="Answer /healthz, /readyz and /metrics there."),
    ] = "",
    hook: Annotated[
        str, typer.Option("--webhook", metavar="URL", help="POST updates of campaigns there.")
    ] = "",
    hook_secret: Annotated[
        Path | None, typer.Option("--webhook-secret-file", help="File with the secret that signs updates.")
    ] = None,
    calibration: Annotated[
        Path | None, typer.Option("--calibration", help="File made by `stillwatch calibrate`.")
    ] = None,
    report: Annotated[bool, typer.Option(help="Write report.html at each look.")] = True,
    drain: Annotated[
        bool,
        typer.Option("--drain", help="Read what files and topics hold, look once, deliver updates, end."),
    ] = False,
    key_file: KeyFile = None,
    memory: Memory = "",
    threads: Threads = 0,
) -> None:
    """Watch logs as they come in: files that grow and rotate, OTLP over HTTP, Kafka. Results stand in STATE/results.

    Example: `stillwatch watch /var/log/litellm/*.jsonl --state watched --every 1h`
    """
    if state is None:
        raise UsageError("watch needs a folder for what it remembers", remedy="Name it with --state DIR")
    if not (sources or otlp or topics):
        raise UsageError(
            "nothing to watch",
            remedy="Name files or patterns, or give --otlp HOST:PORT, or --kafka with --topic",
        )
    if drain and otlp:
        raise UsageError("a receiver has no end", remedy="Leave out --drain or --otlp")
    if not kafka and (topics or publish_topic):
        raise UsageError("a topic needs its brokers", remedy="Name them with --kafka HOST:PORT")
    check_patterns(sources or ())
    settings = WatchSettings(
        state=state, key_file=key_file or default_key_file(), beside=beside,
        intake=IntakeSettings(
            seconds=span(commit, "--commit").total_seconds(), retain_days=retain, keep_text=text is Text.keep
        ),
        windows=WindowSettings(
            span(every, "--every"), span(lateness, "--lateness", least=0), span(idle, "--idle").total_seconds()
        ),
        queue_bytes=queue * 1_000_000, listen=address(listen, "--listen") if listen else None, drain=drain,
        calibration=calibration, memory=memory, threads=threads, report=report,
    )  # fmt: skip
    reading = Settings(account or None, load(mapping) if mapping else None)
    options = client_settings(kafka_set or ())
    sinks: list[Sink] = [webhook(hook, hook_secret)] if hook else []
    read = KafkaSettings(kafka, tuple(topics or ()), group, options)
    if topics:
        consumer(read).close()  # a setting that cannot be is said before anything begins
    if publish_topic:
        sinks.append(Topic(kafka, publish_topic, options))
    watcher = Watcher(settings, sinks, Log())

    def open_sources(w: Watcher) -> Sequence[Source]:
        found: list[Source] = []
        if sources:
            found.append(
                Files(sources, w.intake.positions, log_formats(), reading, wanted=format_, queue=w.queue,
                      counts=w.counts, log=w.log, drain=drain)
            )  # fmt: skip
        if topics:
            found.append(
                Kafka(read, w.intake.positions, log_formats(), reading, wanted=format_, queue=w.queue, drain=drain,
                      warned=lambda why: w.log.warning("kafka", why=why))
            )  # fmt: skip
        if otlp:
            where = ReceiverSettings(*address(otlp, "--otlp"), token=token(otlp_token))
            found.append(
                Otlp(Receiver(where, reading, w.queue, lambda status: w.counts.otlp.update([status])))
            )
        return found

    raise typer.Exit(watcher.run(open_sources))


def span(text: str, option: str, *, least: int = 1) -> timedelta:
    """A span of time such as 30s, 10m, 6h or 1d. Raises `UsageError` for another text."""
    found = re.fullmatch(r"(\d{1,6})(ms|[smhd])", text)
    if not found or int(found[1]) < least:
        raise UsageError(f"{option} {text!r} is no span of time", remedy="Write it like 30s, 10m, 6h or 1d")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def client_settings(given: Sequence[str]) -> Mapping[str, str]:
    """Settings written as `NAME=VALUE`. Raises `UsageError` for another text."""
    for text in given:
        if not re.fullmatch(r"[a-z][a-z0-9._]*=.*", text):
            raise UsageError(
                f"--kafka-set {text!r} is no setting", remedy="Write it like security.protocol=ssl"
            )
    return {name: value for name, _, value in (text.partition("=") for text in given)}


def address(text: str, option: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT` or `:PORT`, which means 127.0.0.1. Raises `UsageError` for another text."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535:
        raise UsageError(f"{option} {text!r} is no address", remedy="Write it like 127.0.0.1:4318")
    return host.strip("[]") or "127.0.0.1", int(port)


def token(path: Path | None) -> str:
    """The token in a file, "" without one. Raises `UsageError` if it cannot be read."""
    if path is None:
        return ""
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("cannot be read", where=str(path), remedy="Check the path") from error
