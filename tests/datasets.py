"""Small datasets made by code: residents, one planted campaign, one school class. All names are invented."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.model.input_tables import EXCHANGES
from stillwatch.model.tables import TABLES

START = datetime(2026, 3, 2, tzinfo=UTC)
REQUIRED = EXCHANGES.required
TEXTS = ("prompt_text", "system_text", "response_text")
MARKER = "quillfeather"  # a word in prompts of four accounts; no result may hold it

_AGENTS = (
    "curl/8.5",
    "python-httpx/0.27",
    "okhttp/4.12",
    "axios/1.7",
    "Mozilla/5.0 (X11)",
    "Go-http-client/2.0",
)
_FRAMES = tuple(
    " ".join(text.split())
    for text in (
        """You are an expert teacher of {0}. Write a new difficult exercise about {0} and {1}, solve it
        step by step and show every step of your reasoning before the final answer. Return the exercise, the
        reasoning and the solution as three parts with the headings Exercise, Reasoning and Solution.""",
        """Grade the following answer of a student about {0} with the rubric below. For every criterion give a
        score from 1 to 5 and explain your judgement in detail, then print the total. Rubric: accuracy, depth,
        clarity. Answer of the student: {1}""",
        """Here is an instruction for a language model: tell me about {0}. Rewrite it into a more complex
        instruction that needs at least three more steps of reasoning about {1}, keep it reasonable, and then
        answer the new instruction completely and at length.""",
    )
)
_LESSON = "Explain why the mill wheel in our lesson turns more slowly in winter and name two causes of it."


@dataclass(frozen=True)
class Traffic:
    """Input tables by name, and who was planted."""

    tables: Mapping[str, pa.Table]
    planted: frozenset[str]
    pupils: frozenset[str]

    def but(self, **tables: pa.Table | None) -> Traffic:
        """The same with tables replaced, or left out where None."""
        kept = {**self.tables, **tables}
        return replace(self, tables={name: rows for name, rows in kept.items() if rows is not None})

    def with_columns(self, names: Sequence[str]) -> Traffic:
        """Exchanges with these columns only."""
        return self.but(exchanges=self.tables["exchanges"].select(list(names)))

    def without_columns(self, names: Sequence[str]) -> Traffic:
        """Exchanges without these columns."""
        return self.but(exchanges=self.tables["exchanges"].drop_columns(list(names)))

    def write(self, folder: Path) -> Path:
        """Write every table as one Parquet file; returns the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in self.tables.items():
            pq.write_table(rows, folder / f"{name}.parquet")
        return folder


def nulled(rows: pa.Table, names: Sequence[str]) -> pa.Table:
    """The table with these columns all null."""
    for name in names:
        at = rows.column_names.index(name)
        rows = rows.set_column(at, rows.schema.field(at), pa.nulls(rows.num_rows, rows.schema.field(at).type))
    return rows


def shuffled(rows: pa.Table, *, seed: int = 3) -> pa.Table:
    """The rows in another order."""
    return rows.take(pa.array(np.random.default_rng(seed).permutation(rows.num_rows)))


def write_truth(folder: Path, traffic: Traffic) -> Path:
    """Ground truth as `simulate` writes it; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = traffic.tables["accounts"]["account_id"].to_pylist()
    planted = [i in traffic.planted for i in ids]
    cohort = ["raid" if i in traffic.planted else "class" if i in traffic.pupils else "chat" for i in ids]
    accounts = {
        "account_id": ids,
        "cohort": cohort,
        "group_id": [i if kind == "chat" else kind for i, kind in zip(ids, cohort, strict=True)],
        "campaign": ["planted" if p else None for p in planted],
        "role": ["harvester" if p else None for p in planted],
        "actor": pa.nulls(len(ids), pa.string()),
    }
    rows = traffic.tables["exchanges"].select(["exchange_id", "account_id"]).to_pylist()
    harvest = [{**r, "campaign": "planted"} for r in rows if r["account_id"] in traffic.planted]
    pq.write_table(pa.table(accounts), folder / "accounts.parquet")
    schema = TABLES["truth_exchanges"].schema
    pq.write_table(pa.Table.from_pylist(harvest, schema=schema), folder / "exchanges.parquet")
    return folder


def traffic(*, seed: int = 1, residents: int = 180, campaign: int = 30, pupils: int = 24) -> Traffic:
    """Residents with prompts of their own, a campaign that fills three frames, a class with one task."""
    rng = np.random.default_rng(seed)
    words = _vocabulary(rng)
    accounts: list[dict[str, Any]] = []
    exchanges: list[dict[str, Any]] = []
    instruments: list[dict[str, Any]] = []
    makers = (("res", residents, _resident), ("grp", campaign, _planted), ("pup", pupils, _pupil))
    for prefix, many, make in makers:
        for i in range(many):
            account, card, rows = make(rng, words, i)
            name = f"acct-{prefix}-{i:04d}"
            accounts.append({"account_id": name, **account})
            instruments.append(
                {"account_id": name, "kind": "card", "added_at": account["created_at"], **card}
            )
            exchanges += [
                {"exchange_id": f"req-{prefix}-{i:04d}-{k:03d}", "account_id": name, "pathway": "api",
                 "operation": "chat", "finish_reason": "stop", "status": 200, "turn": 0, **row}
                for k, row in enumerate(rows)
            ]  # fmt: skip
    exchanges.sort(key=lambda row: (row["ts"], row["exchange_id"]))
    return Traffic(
        {
            "exchanges": _table("exchanges", exchanges),
            "accounts": _table("accounts", accounts),
            "instruments": _table("instruments", instruments),
            "releases": _table("releases", [{"model": "corvid-4", "released_at": START + timedelta(days=4)}]),
            "enforcement": _table("enforcement", []),
        },
        frozenset(f"acct-grp-{i:04d}" for i in range(campaign)),
        frozenset(f"acct-pup-{i:04d}" for i in range(pupils)),
    )


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=TABLES[name].schema)


def _vocabulary(rng: np.random.Generator) -> list[str]:
    parts = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    return ["".join(rng.choice(parts, size=rng.integers(2, 4))) for _ in range(900)]


def _said(rng: np.random.Generator, words: Sequence[str], low: int, high: int) -> str:
    return " ".join(rng.choice(words, size=rng.integers(low, high)))


def _resident(rng: np.random.Generator, words: Sequence[str], i: int) -> Any:
    agent = _AGENTS[rng.integers(len(_AGENTS))]
    address = f"198.{18 + i % 2}.{i % 250}.{rng.integers(1, 250)}"
    account = {
        "created_at": START - timedelta(hours=int(rng.integers(24, 20_000))),
        "email_domain": "gmail.com",
        "email_pattern": "a" * int(rng.integers(4, 14)) + "0" * int(rng.integers(0, 5)),
        "email_digest": f"mail-{i}",
        "payment_kind": "card",
        "payment_fingerprint": f"card-{i}",
        "signup_address": address,
        "signup_user_agent": agent,
        "program": "none",
        "plan": ("free", "pro")[i % 2],
        "verification": "email",
        "status": "active",
    }
    prompts = [_said(rng, words, 8, 40) for _ in range(rng.integers(3, 8))]
    rows = [
        {
            "ts": _when(rng, 14),
            "model": ("corvid-3", "corvid-4")[rng.integers(2)],
            "prompt_text": prompt,
            "system_text": None if i % 3 else _said(rng, words, 6, 12),
            "response_text": _said(rng, words, 4, 20),
            "user_agent": agent,
            "header_order": f"order-{rng.integers(4)}",
            "ja4": f"t13d-{agent[:4]}",
            "client_address": address,
            "temperature": (None, 0.7, 1.0)[i % 3],
            "max_tokens": (None, 512, 1024, 2048)[i % 4],
            "output_tokens": int(rng.integers(10, 400)),
        }
        for prompt in prompts
    ]
    return account, {"payment_fingerprint": f"card-{i}", "issuer_key": f"bank-{i % 20}"}, rows


def _planted(rng: np.random.Generator, words: Sequence[str], i: int) -> Any:
    address = f"100.{64 + i // 2}.7.{i + 1}" if i % 3 else f"198.{18 + i % 2}.{i % 250}.{i + 1}"
    card = f"vcard-{i // 2 if i < 12 else i}"
    account = {
        "created_at": START - timedelta(days=30 + 3 * (i // 5), minutes=int(rng.integers(0, 600))),
        "email_domain": ("outlook.com", "mailhaven.example", "postnest.example")[i % 3],
        "email_pattern": "aaaaaa0000",
        "email_digest": f"raid-{i}",
        "payment_kind": "virtual_card",
        "payment_fingerprint": card,
        "signup_address": address,
        "signup_user_agent": "python-requests/2.32",
        "program": "none",
        "plan": "pro",
        "verification": "none",
        "status": "active",
    }
    rows = []
    for k in range(24):
        topic, other = (_said(rng, words, 1, 4) for _ in range(2))
        if i < 4:
            topic = f"{MARKER} {topic}"
        rows.append(
            {
                "ts": _when(rng, 12),
                "model": "corvid-3" if k % 3 else "corvid-4",
                "prompt_text": _FRAMES[k % 3].format(topic, other),
                "response_text": _said(rng, words, 30, 60),
                "user_agent": "python-requests/2.32",
                "sdk": "python 3.12.4",
                "header_order": "order-raid",
                "ja4": "t13d-raid",
                "client_address": address,
                "finish_reason": "stop" if rng.integers(6) else "length",
                "temperature": 0.31,
                "max_tokens": 4000,
                "output_tokens": int(rng.integers(900, 3000)),
            }
        )
    card = {
        "payment_fingerprint": card,
        "issuer_key": "bank-v",
        "neighbour_key": f"run-{i // 6}",
    }
    return account, card, rows


def _pupil(rng: np.random.Generator, words: Sequence[str], i: int) -> Any:
    agent = _AGENTS[4]
    account = {
        "created_at": START - timedelta(days=1, minutes=int(rng.integers(0, 60))),
        "organization_id": "org-school",
        "email_domain": "school.example",
        "email_pattern": "a" * int(rng.integers(4, 14)),
        "payment_kind": "none",
        "program": "education",
        "plan": "free",
        "verification": "document",
        "status": "active",
        "signup_address": "192.0.2.7",
        "signup_user_agent": agent,
    }
    prompts = [_LESSON] * 3 + [_said(rng, words, 8, 30) for _ in range(3)]
    rows = [
        {
            "ts": _when(rng, 3),
            "model": "corvid-3",
            "prompt_text": prompt,
            "system_text": "You are a patient tutor for young pupils. Never give the whole solution at once.",
            "response_text": _said(rng, words, 10, 30),
            "user_agent": agent,
            "header_order": "order-0",
            "ja4": "t13d-Mozi",
            "client_address": "192.0.2.7",
            "output_tokens": int(rng.integers(50, 200)),
            "organization_id": "org-school",
        }
        for prompt in prompts
    ]
    return account, {"payment_fingerprint": None}, rows


def _when(rng: np.random.Generator, days: int) -> datetime:
    return START + timedelta(seconds=int(rng.integers(0, days * 86_400)))


def files_of(folder: Path) -> Iterator[Path]:
    """All files of a folder, sorted."""
    return iter(sorted(p for p in folder.rglob("*") if p.is_file()))
