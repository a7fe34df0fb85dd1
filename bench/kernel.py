"""Rate of the sketch kernel and of the tails on one core: python bench/kernel.py [--mb MB].

The same prompts go through the kernel with and without intent, through polars (lower case, digits to `0`, runs of
white space to one, hash: that is one key, the sketch makes eleven), and, a part of them, through datasketch (MinHash
of word 3-grams, k = 64). The tails stand beside SciPy's. Rates are per second of processor time, so that a busy
machine does not matter much.
"""

from __future__ import annotations

import argparse
from importlib.resources import files

import numpy as np
import polars as pl
import pyarrow as pa
from datasketch import MinHash
from figures import Figure, best_seconds, finish
from scipy.stats import binom, poisson

from stillwatch.lab.intent.corpus import load_corpus
from stillwatch.model.kernels.hashing import HashKey
from stillwatch.model.kernels.intent import read_weights
from stillwatch.model.kernels.sketch import sketch_text
from stillwatch.model.kernels.tails import binomial_log2_tail, poisson_log2_tail

KEY = HashKey(1, 2)
MINHASH_PROMPTS = 2_000
PAIRS = 2_000_000


def prompts(megabytes: float) -> pa.LargeStringArray:
    """Prompts of the calibration split, repeated up to a size, mixed by a fixed order."""
    text = load_corpus("calibration").text
    times = max(1, round(megabytes * 1e6 / text.nbytes))
    order = np.random.default_rng(1).permutation(len(text) * times) % len(text)
    return text.take(pa.array(order))


def with_polars(text: pa.LargeStringArray) -> pl.Series:
    """One key a prompt, by polars."""
    column = pl.Series(text)
    plain = column.str.to_lowercase().str.replace_all(r"\d+", "0").str.replace_all(r"\s+", " ")
    return plain.hash()


def with_datasketch(texts: list[str]) -> list[MinHash]:
    """MinHash of the word 3-grams of each prompt."""
    grams = []
    for text in texts:
        words = text.lower().split()
        grams.append([" ".join(words[i : i + 3]).encode() for i in range(max(1, len(words) - 2))])
    return list(MinHash.bulk(grams, num_perm=64))


def text_rates(megabytes: float) -> list[Figure]:
    """Print prompts and megabytes a second of the kernel and of others; the kernel beside each."""
    text = prompts(megabytes)
    some = text[:MINHASH_PROMPTS]
    listed = some.to_pylist()
    weights = read_weights(files("stillwatch.lab").joinpath("data", "intent", "weights.json").read_bytes())
    runs = (
        ("sketch, keys", text, lambda: sketch_text(text, KEY)),
        ("sketch, keys and intent", text, lambda: sketch_text(text, KEY, intent=weights)),
        ("polars, one key", text, lambda: with_polars(text)),
        ("datasketch, MinHash 64", some, lambda: with_datasketch(listed)),
    )
    print(f"{len(text):,} prompts, {text.nbytes / 1e6:.0f} MB, {text.nbytes / len(text):.0f} bytes each")
    speed = {}
    for name, rows, work in runs:
        rate = len(rows) / best_seconds(work)
        speed[name] = rate * rows.nbytes / len(rows) / 1e6
        print(f"{name:26}{speed[name]:8.1f} MB/s{rate:12,.0f} prompts/s")
    ours, others = list(speed)[:2], list(speed)[2:]
    return [Figure(one, speed[one], "MB/s", other, speed[other]) for one in ours for other in others]


def tail_rates() -> list[Figure]:
    """Print pairs a second of the tails, beside SciPy, which takes a tenth of them."""
    draw = np.random.default_rng(2)
    count, mean = draw.integers(1, 12, PAIRS), 10 ** draw.uniform(-6, 0.5, PAIRS)
    trials, share = draw.integers(20, 400, PAIRS), np.minimum(mean, 0.9)
    some = slice(PAIRS // 10)
    found = []
    for name, work, other in (
        (
            "Poisson tail",
            lambda: poisson_log2_tail(count, mean),
            lambda: poisson.logsf(count[some] - 1, mean[some]),
        ),
        (
            "binomial tail",
            lambda: binomial_log2_tail(count, trials, share),
            lambda: binom.logsf(count[some] - 1, trials[some], share[some]),
        ),
    ):
        ours, beside = PAIRS / best_seconds(work), PAIRS / 10 / best_seconds(other)
        print(f"{name:26}{ours / 1e6:8.1f} M pairs/s, SciPy {beside / 1e6:.1f}")
        found.append(Figure(name, ours, "pairs/s", "scipy", beside))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=float, default=20.0, help="megabytes of prompts")
    chosen = parser.parse_args()
    finish([*text_rates(chosen.mb), *tail_rates()])


if __name__ == "__main__":
    main()
