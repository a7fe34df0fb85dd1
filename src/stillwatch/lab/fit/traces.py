"""Public traces, read from a folder that the caller names.

Expected below it: `azure_llm_2023/{conv,code}.csv.gz` (TIMESTAMP, ContextTokens, GeneratedTokens),
`servegen_language/rates.csv.gz` (pool, client, t, rate, cv in bins of 600 s) and `tokens.jsonl.gz`
(quantiles by client and window), `vidur_arxiv_lengths/arxiv.csv.gz` (num_prefill_tokens, num_decode_tokens),
`aider_chat_history/prompts.jsonl.gz` (session) and `llamafactory_demo/glaive_toolcall_en_demo.jsonl.gz`.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as csv

Reals = npt.NDArray[np.float64]
BIN_SECONDS = 600
WINDOW_DRAWS = 32  # draws from the quantiles of each client and window


@dataclass(frozen=True, slots=True)
class ClientBins:
    """Bins of ten minutes of one client: start in seconds, requests a second, coefficient of variation."""

    t: Reals
    rate: Reals
    cv: Reals


def token_pairs(folder: Path, name: str) -> tuple[Reals, Reals]:
    """Tokens of requests and answers of `conversation`, `code` (Azure) or `summarise` (vidur), in file
    order.
    """
    file, columns = {
        "conversation": ("azure_llm_2023/conv.csv.gz", ("ContextTokens", "GeneratedTokens")),
        "code": ("azure_llm_2023/code.csv.gz", ("ContextTokens", "GeneratedTokens")),
        "summarise": ("vidur_arxiv_lengths/arxiv.csv.gz", ("num_prefill_tokens", "num_decode_tokens")),
    }[name]
    table = _table(folder / file)
    asked, answered = (table[column].to_numpy().astype(np.float64) for column in columns)
    return asked, answered


def service_pairs(folder: Path) -> tuple[Reals, Reals]:
    """Tokens of requests and answers of ServeGen clients: quantiles of each client's windows, paired at
    random.
    """
    return service_clients(folder)[1:]


def service_clients(folder: Path) -> tuple[npt.NDArray[np.int64], Reals, Reals]:
    """The same with the number of the client before them."""
    rng = np.random.default_rng(7)
    names, asked, answered = [], [], []
    with gzip.open(folder / "servegen_language/tokens.jsonl.gz", "rt", encoding="utf-8") as stream:
        for line in stream:
            row = json.loads(line)
            names += [f"{row['pool']}/{row['client']}"] * WINDOW_DRAWS
            asked.append(_from_row(row["input_tokens"], rng))
            answered.append(_from_row(row["output_tokens"], rng))
    owner = np.unique(np.array(names), return_inverse=True)[1]
    return owner, np.concatenate(asked), np.concatenate(answered)


def arrival_times(folder: Path, name: str) -> Reals:
    """Seconds since the first request of the Azure service `conversation` or `code`."""
    file = {"conversation": "conv", "code": "code"}[name]
    stamps = _table(folder / f"azure_llm_2023/{file}.csv.gz")["TIMESTAMP"].cast(pa.timestamp("ns"))
    times = np.sort(stamps.to_numpy().astype(np.int64)) / 1e9
    return np.asarray(times - times[0], np.float64)


def client_bins(folder: Path) -> list[ClientBins]:
    """Bins of each ServeGen client, in order of time."""
    table = _table(folder / "servegen_language/rates.csv.gz")
    owner = np.unique(
        np.array(
            [f"{p}/{c}" for p, c in zip(table["pool"].to_pylist(), table["client"].to_pylist(), strict=True)]
        ),
        return_inverse=True,
    )[1]
    t, rate, cv = (table[name].to_numpy().astype(np.float64) for name in ("t", "rate", "cv"))
    order = np.lexsort((t, owner))
    parts = np.split(order, np.flatnonzero(np.diff(owner[order])) + 1)
    return [ClientBins(t[part], rate[part], cv[part]) for part in parts]


def turn_counts(folder: Path, name: str) -> npt.NDArray[np.int64]:
    """User turns of each session: `coding` (aider) or `chat` (glaive)."""
    if name == "coding":
        with gzip.open(folder / "aider_chat_history/prompts.jsonl.gz", "rt", encoding="utf-8") as stream:
            counts = Counter(json.loads(line)["session"] for line in stream)
        return np.array(list(counts.values()), np.int64)
    with gzip.open(
        folder / "llamafactory_demo/glaive_toolcall_en_demo.jsonl.gz", "rt", encoding="utf-8"
    ) as stream:
        talks = [json.loads(line)["conversations"] for line in stream]
    return np.array([sum(turn["from"] == "human" for turn in talk) for talk in talks], np.int64)


def _from_row(row: dict[str, float], rng: np.random.Generator) -> Reals:
    """Draws from the quantiles of one client and window."""
    shares = np.array([0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])
    values = np.array([row[f"p{round(share * 100)}"] for share in shares])
    drawn: Reals = np.interp(rng.random(WINDOW_DRAWS), shares, values)
    return drawn


def _table(path: Path) -> pa.Table:
    with gzip.open(path) as stream:
        return csv.read_csv(stream)
