"""Templates found in prompts, beside MinHash LSH of datasketch and Drain3: python bench/templates.py [--prompts N].

Prompts are filled frames of the simulator's test split, from accounts that send one frame each, and a tenth is chat,
where no two are alike. Ours sketches them and finds frames (`exchange_templates`), in memory. datasketch makes
MinHashes of word 3-grams (k = 64) and asks its index for each prompt's neighbours at a Jaccard similarity of 0.5;
prompts joined by neighbours are a template. Drain3 has its default settings. Rates are prompts a second of processor
time; the adjusted Rand index (1 = the frames exactly, 0 = chance) says what the rate buys.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from datasketch import MinHash, MinHashLSH
from figures import Figure, best_seconds, finish, rival
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.metrics import adjusted_rand_score

from stillwatch.lab.text.library import HARVEST, TextLibrary
from stillwatch.model.kernels.hashing import HashKey
from stillwatch.model.kernels.sketch import sketch_text
from stillwatch.signals.tables.frames import TEXT_KEYS, write_frames
from stillwatch.store.duck import DuckTables, open_duck

FRAMED = (*HARVEST, "classification", "evaluation", "judge", "batch_nlp")
CHAT = 0.1
ACCOUNTS = 10  # that send a frame
KEY = HashKey(1, 2)

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Prompts:
    """Texts, who sent each, and the frame it was made from; every chat prompt is a frame of its own."""

    text: pa.LargeStringArray
    account: Ints
    frame: Ints


def made(prompts: int) -> Prompts:
    """So many prompts."""
    rng = np.random.default_rng(6)
    library = TextLibrary.load("test")
    framed = np.concatenate([library.programs(kind) for kind in FRAMED])
    program = rng.choice(framed, prompts).astype(np.int32)
    chat = rng.random(prompts) < CHAT
    program[chat] = rng.choice(library.programs("chat"), chat.sum())
    text = library.render(program, rng.integers(0, 1 << 60, prompts))
    account = rng.integers(0, 1 << 62, (program.max() + 1, ACCOUNTS))  # ids are hashes
    sender = account[program, rng.integers(0, ACCOUNTS, prompts)]
    return Prompts(text, sender, np.where(chat, np.arange(prompts) + framed.max() + 1, program))


def ours(t: DuckTables, prompts: Prompts) -> Ints:
    """The frame found for each prompt; its own number where there is none."""
    sketched = sketch_text(prompts.text, KEY)
    number = np.arange(len(prompts.account))
    columns = {name: sketched.column(name) for name in TEXT_KEYS}
    t.put("keys", pa.table({"exchange_id": number, "account_id": prompts.account, **columns}))
    write_frames(t, reference=())
    rows = t.numpy("SELECT exchange_id, template_id FROM exchange_templates")
    found = number.copy()
    found[np.asarray(rows["exchange_id"], np.int64)] = np.asarray(rows["template_id"], np.int64)
    return found


def with_datasketch(texts: list[str]) -> Ints:
    """The component of each prompt among neighbours."""
    grams = []
    for text in texts:
        words = text.lower().split()
        grams.append([" ".join(words[i : i + 3]).encode() for i in range(max(1, len(words) - 2))])
    index, left, right = MinHashLSH(threshold=0.5, num_perm=64), [], []
    for number, own in enumerate(MinHash.generator(grams, num_perm=64)):
        near = index.query(own)
        index.insert(number, own, check_duplication=False)
        left += [number] * len(near)
        right += near
    edges = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(len(texts), len(texts)))
    return connected_components(edges, directed=False)[1].astype(np.int64)


def main() -> None:
    """Find templates with each, print rates and how well they fit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=10_000)
    prompts = made(parser.parse_args().prompts)
    count, texts = len(prompts.account), prompts.text.to_pylist()
    rates: dict[str, float] = {}
    fits: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        with open_duck(Path(name)) as t:
            rates["stillwatch"] = count / best_seconds(lambda: ours(t, prompts))
            fits["stillwatch"] = adjusted_rand_score(prompts.frame, ours(t, prompts))
        began = time.process_time()
        found = with_datasketch(texts)
        rates["datasketch"] = count / (time.process_time() - began)
        fits["datasketch"] = adjusted_rand_score(prompts.frame, found)
        file = Path(name) / "prompts.jsonl"
        file.write_text("".join(json.dumps(text) + "\n" for text in texts), "utf-8")
        other = rival("drain3", file)
    if other is not None:
        rates["drain3"] = count / other["seconds"]
        fits["drain3"] = adjusted_rand_score(prompts.frame, other["of"])
    size = prompts.text.nbytes / count
    print(f"{count:,} prompts of {size:.0f} bytes, {len(np.unique(prompts.frame)):,} frames with the chat")
    for library, rate in rates.items():
        print(f"{library:12}{rate:10,.0f} prompts/s, adjusted Rand index {fits[library]:.3f}")
    rivals = ("datasketch", "drain3")
    speed = [Figure("templates", rates["stillwatch"], "prompts/s", one, rates.get(one)) for one in rivals]
    fit = [
        Figure("templates, adjusted Rand index", fits["stillwatch"], "", one, fits.get(one)) for one in rivals
    ]
    finish([*speed, *fit], prompts=count, bytes_each=round(size))


if __name__ == "__main__":
    main()
