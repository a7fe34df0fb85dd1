"""Makes the package's text from downloaded public collections; run by maintainers, never by the program.

::

    python -m stillwatch.lab.text.pack --collections DIR --out src/stillwatch/lab/data/text

`DIR` has one folder per collection, with the files named in `COLLECTIONS` (JSON lines, plain or gzip). Every
row is scrubbed (`scrub.py`) and cut; the source of each is described in `lab/sources.toml`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.lab.text.scrub import find_names, load_names, rename, scrub

Texts: TypeAlias = Iterator[str]
SENTENCE = re.compile(r"(?<=[.!?]) (?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Collection:
    """A file of a public collection: which word chain its texts feed, and how to find them in a record."""

    file: str
    chain: str
    texts: Callable[[Mapping[str, Any]], Texts]
    most_rows: int
    most_letters: int


def _field(name: str) -> Callable[[Mapping[str, Any]], Texts]:
    def texts(record: Mapping[str, Any]) -> Texts:
        yield record[name]

    return texts


def _instruction(record: Mapping[str, Any]) -> Texts:
    yield f"{record['instruction']} {record['input']}".strip()


def _seed_answers(record: Mapping[str, Any]) -> Texts:
    for instance in record["instances"]:
        yield instance["output"]


def _user_turns(record: Mapping[str, Any]) -> Texts:
    for turn in record["conversations"]:
        if turn["from"] == "human":
            yield turn["value"]


def _sentences(record: Mapping[str, Any]) -> Texts:
    """Single sentences: what they told of anybody together is gone once they are mixed."""
    for sentence in SENTENCE.split(" ".join(record["prompt"].split())):
        if 25 < len(sentence) < 220:
            yield sentence


def _questions(record: Mapping[str, Any]) -> Texts:
    return (sentence for sentence in _sentences(record) if sentence.endswith("?"))


def _opening(record: Mapping[str, Any]) -> Texts:
    """The first sentences of a prompt that is not a form."""
    text = " ".join(record["prompt"].split())
    if text.count("{") + text.count("#") < 3:
        yield text


def _chat_turn(record: Mapping[str, Any]) -> Texts:
    if not record["prompt"].startswith("/"):
        yield record["prompt"]


COLLECTIONS: Mapping[str, tuple[Collection, ...]] = MappingProxyType(
    {
        "aider_chat": (Collection("aider_chat_history/prompts.jsonl.gz", "coding", _chat_turn, 2000, 500),),
        "alpaca_demo": (
            Collection("llamafactory_demo/alpaca_en_demo.jsonl.gz", "chat", _instruction, 1000, 500),
            Collection("llamafactory_demo/alpaca_en_demo.jsonl.gz", "answer", _field("output"), 700, 700),
        ),
        "glaive_demo": (
            Collection("llamafactory_demo/glaive_toolcall_en_demo.jsonl.gz", "chat", _user_turns, 1000, 400),
        ),
        "seed_tasks": (
            Collection("seed_tasks_en/alpaca_seed_tasks.jsonl", "answer", _seed_answers, 175, 600),
        ),
        "gsm8k": (
            Collection("gsm8k_open/gsm8k.jsonl.gz", "problem", _field("question"), 600, 500),
            Collection("gsm8k_open/gsm8k.jsonl.gz", "answer", _field("answer"), 300, 500),
        ),
        "t0_tasks": (
            Collection("t0_p3_batch_tasks/tasks.jsonl.gz", "passage", _sentences, 5000, 220),
            Collection("t0_p3_batch_tasks/tasks.jsonl.gz", "question", _questions, 2500, 160),
        ),
        "awesome_prompts": (Collection("awesome_prompts/prompts.jsonl.gz", "chat", _opening, 900, 350),),
    }
)


def pack_prompts(collections: Path) -> pa.Table:
    """Columns source, chain, text: the cut, scrubbed rows of all collections."""
    rows = [
        (source, entry.chain, scrub(text)[: entry.most_letters].strip())
        for source, entries in COLLECTIONS.items()
        for entry in entries
        for text in _spread(list(_texts(collections / entry.file, entry)), entry.most_rows)
    ]
    names = load_names()
    found = find_names(text for _, _, text in rows)
    cleaned = dict.fromkeys(
        (source, chain, rename(text, names, found)) for source, chain, text in rows if len(text) > 8
    )
    sources, chains, texts = zip(*cleaned, strict=True)
    return pa.table({"source": sources, "chain": chains, "text": texts})


def read_records(path: Path) -> Iterator[Mapping[str, Any]]:
    """Records of a JSON lines file, plain or gzip."""
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as lines
    ):
        for line in lines:
            yield json.loads(line)


def _texts(path: Path, entry: Collection) -> Texts:
    for record in read_records(path):
        yield from entry.texts(record)


def _spread(texts: list[str], most: int) -> list[str]:
    """At most so many of the texts, drawn and mixed by a hash."""
    return sorted(texts, key=lambda text: (zlib.crc32(text.encode()), text))[:most]


def main() -> None:
    """Write `prompts.parquet`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collections", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    pq.write_table(
        pack_prompts(chosen.collections),
        chosen.out / "prompts.parquet",
        compression="zstd",
        compression_level=19,
    )


if __name__ == "__main__":
    main()
