"""Result folders made by code, for tests of whatever reads results; all names are invented."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.model.families import KINDS
from stillwatch.model.tables import TABLES

START = datetime(2026, 2, 1, tzinfo=UTC)
LONG_NAME = "long-" + "x" * 10_000
HOSTILE = (
    "</script><script>document.title='owned'</script>",
    '"><img src=http://203.0.113.9/x onerror=alert(1)>',
    "acct-\u202egnp.exe\u2066\u200b",
    '=HYPERLINK("http://203.0.113.9")',
    "{{ 7*7 }} {% raw %} ]]> <!-- ",
    "line\nbreak\ttab\x07",
    LONG_NAME,
)


@dataclass(frozen=True)
class Plan:
    """One campaign to write: sizes, verdict and evidence."""

    name: str
    verdict: str
    accounts: int
    days: tuple[float, float]
    per_account: int
    evidence: Sequence[tuple[str, str, float, str]]  # family, kind, bits, statement
    hypotheses: Mapping[str, float]
    capabilities: Sequence[str] = ()
    templates: Sequence[tuple[str, str, float]] = ()  # signature, capability, share
    kinds: Mapping[str, int] = field(default_factory=dict)
    phases: Sequence[tuple[str, float, str]] = ()
    missing: Sequence[str] = ()
    prior: float = -14.0
    threshold: float = 18.0
    relay_share: float = 0.0
    statement: str | None = None

    def sized(self, accounts: int) -> Plan:
        """The same campaign with another number of accounts."""
        return replace(self, accounts=accounts)


DISTILLATION = (
    Plan(
        name="c-5e1fa0b7",
        verdict="distillation",
        accounts=1_520,
        days=(2.0, 27.5),
        per_account=96,
        evidence=(
            (
                "content",
                "template",
                11.4,
                "1,486 of 1,520 members fill the same four private frames, always with new slots",
            ),
            (
                "payment",
                "neighbour",
                8.2,
                "1,104 members pay with cards from 14 runs of neighbouring numbers",
            ),
            (
                "network",
                "address_handover",
                6.9,
                "912 addresses were handed from one member to another within the hour",
            ),
            (
                "timing",
                "handoff",
                5.1,
                "after a 429, another member repeats the frame within 40 seconds, 318 times",
            ),
            ("identity", "signup_hour", 3.3, "1,391 members signed up in 22 hours"),
            ("client", "client", 2.2, "seven client builds, rarer together than apart"),
            ("identity", "verification", -1.2, "212 members passed a phone check"),
            ("client", "diversity", -0.8, "some members also use ordinary chat clients"),
        ),
        hypotheses={
            "distillation": 34.1,
            "undeclared_relay": 19.9,
            "batch_annotation": 14.2,
            "common_public_tool": 9.0,
            "evaluation_run": 4.1,
            "shared_network_exit": 1.2,
            "classroom_or_event": -6.0,
            "one_organisation": -3.1,
            "declared_reseller": -8.8,
            "red_team": -9.5,
            "unrelated": 0.0,
        },
        capabilities=("reasoning", "solutions", "evolution"),
        templates=(
            (
                "You are an expert tutor. Solve ⟨…⟩ and write out every step before the answer",
                "reasoning",
                0.52,
            ),
            (
                "Rewrite the prompt below so that it needs ⟨number⟩ more reasoning steps: ⟨…⟩",
                "evolution",
                0.27,
            ),
            ("Given the problem ⟨…⟩ write a solution in ⟨…⟩ with tests", "solutions", 0.17),
            ("Translate your hidden notes on ⟨…⟩ into plain sentences", "reasoning", 0.04),
        ),
        kinds={"template": 4, "neighbour": 14, "net24": 60, "client": 7, "signup_hour": 22, "params": 3},
        phases=(
            ("start", 2.0, "first 40 accounts, one frame"),
            ("growth", 8.0, "from 120 to 1,100 accounts in three days"),
            ("pivot", 17.4, "to the new model within 19 hours of its release"),
        ),
        missing=("JA4 of 62% of the exchanges", "reasoning blocks (not logged)"),
    ),
    Plan(
        name="c-91c4d2e8",
        verdict="distillation",
        accounts=273,
        days=(9.0, 14.0),
        per_account=730,
        evidence=(
            ("content", "template", 9.8, "all members send one rubric with a new answer in its slot"),
            ("protocol", "continuation", 9.1, "61 conversations were continued by another member"),
            ("timing", "load_balance", 4.4, "hourly counts are more even than independent accounts can be"),
            ("network", "hosting", 3.9, "267 members come from three hosting ranges"),
            ("content", "no_follow_up", 2.1, "0.3% of exchanges have a follow-up"),
        ),
        hypotheses={
            "distillation": 29.3,
            "evaluation_run": 16.8,
            "batch_annotation": 15.0,
            "undeclared_relay": 8.1,
            "unrelated": 0.0,
        },
        capabilities=("rubric",),
        templates=(
            (
                "Grade the answer ⟨…⟩ against this rubric from 1 to 10 and explain each point: ⟨…⟩",
                "rubric",
                1.0,
            ),
        ),
        kinds={"template": 1, "net24": 9, "client": 2, "params": 1, "continuation": 61},
        phases=(
            ("start", 9.0, "all accounts within four hours"),
            ("retreat", 13.6, "half of the accounts stop"),
        ),
        missing=("payment fingerprints",),
    ),
    Plan(
        name="c-c07733aa",
        verdict="distillation",
        accounts=640,
        days=(20.0, 22.0),
        per_account=4,
        evidence=(
            (
                "content",
                "skeleton",
                8.0,
                "same skeleton of lines and slots in 98% of the exchanges, wording varied",
            ),
            ("identity", "email_pattern", 6.2, "588 members use one e-mail pattern at nine domains"),
            ("payment", "issuer", 5.5, "virtual cards of two issuer ranges"),
            ("network", "residential", 0.4, "addresses are residential and unique"),
            ("timing", "synchrony", -1.6, "no more synchrony than shuffled times show"),
        ),
        hypotheses={
            "distillation": 17.9,
            "common_public_tool": 11.2,
            "batch_annotation": 9.9,
            "unrelated": 0.0,
        },
        capabilities=("generation", "agentic"),
        templates=(
            ("Write ⟨number⟩ new tasks like these for ⟨name⟩: ⟨…⟩", "generation", 0.7),
            ("withheld: fewer than five accounts in the sample", "agentic", 0.3),
        ),
        kinds={"template": 2, "email_pattern": 9, "issuer": 2},
        threshold=14.0,
        missing=("answers (text was not kept)", "network kinds (no file given)"),
    ),
)
OTHERS = (
    Plan(
        name="c-2b90e6f1",
        verdict="coordinated_other",
        accounts=88,
        days=(0.0, 28.0),
        per_account=410,
        evidence=(
            ("network", "address", 9.9, "all members leave through two addresses"),
            ("payment", "instrument", 7.2, "one card pays for 71 members"),
            ("content", "diversity", -9.4, "prompts are as varied as those of unrelated accounts"),
            ("content", "follow_up", -3.8, "61% of exchanges are follow-ups in a conversation"),
        ),
        hypotheses={"undeclared_relay": 18.8, "distillation": 3.9, "one_organisation": 7.7, "unrelated": 0.0},
        kinds={"address": 2, "instrument": 1, "client": 31},
        statement="An undeclared relay: 88 accounts behind two addresses, with traffic of many people",
        missing=("what the relay's customers are told",),
    ),
    *(
        Plan(
            name=name,
            verdict="innocent",
            accounts=accounts,
            days=days,
            per_account=per_account,
            evidence=(
                ("content", "template", 5.1, "one frame in most exchanges"),
                ("content", "repeats", -7.7, against),
            ),
            hypotheses={best: 12.0, "distillation": 12.0 + gap, "unrelated": 0.0},
            kinds={"template": 1, "client": 1},
            statement=statement,
        )
        for name, accounts, days, per_account, best, gap, against, statement in (
            (
                "c-0a44c1d9",
                14,
                (0.0, 28.0),
                2_900,
                "evaluation_run",
                -9.1,
                "the same 1,319 exercises return every night",
                "A nightly evaluation harness: the same exercises every night at 02:00 UTC",
            ),
            (
                "c-1f6b08e2",
                118,
                (10.3, 10.5),
                31,
                "classroom_or_event",
                -11.4,
                "one campus exit, two hours, one assignment",
                "A school class on one assignment, on one campus exit",
            ),
            (
                "c-3d2277b5",
                2_410,
                (3.0, 26.0),
                22,
                "common_public_tool",
                -14.9,
                "the frame stands in a public agent's code",
                "Independent users of one open-source agent",
            ),
            (
                "c-6c59d013",
                41,
                (0.0, 28.0),
                880,
                "declared_reseller",
                -16.2,
                "declared as a reseller since 2024",
                "A declared reseller with many customers",
            ),
            (
                "c-77ab3e90",
                9,
                (5.0, 19.0),
                5_200,
                "batch_annotation",
                -6.3,
                "fixed label set, answers of two tokens",
                "Batch annotation with a fixed set of labels",
            ),
            (
                "c-8e01fd4c",
                266,
                (0.0, 28.0),
                60,
                "shared_network_exit",
                -13.0,
                "nothing shared but the network",
                "Accounts behind one carrier's NAT",
            ),
        )
    ),
)


def write_results(
    folder: Path, *, hostile: bool = False, plans: Sequence[Plan] = (*DISTILLATION, *OTHERS)
) -> Path:
    """Write a whole result folder and return it; with `hostile`, names and texts attack the reader."""
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, list[dict[str, Any]]] = {
        name: [] for name in TABLES if TABLES[name].stage == "result" or name in ("releases", "enforcement")
    }
    for index, plan in enumerate(plans):
        _write_campaign(tables, plan, np.random.default_rng(index + 7), hostile=hostile)
    tables["releases"] = [
        {"model": HOSTILE[0] if hostile else "corvid-2", "released_at": START + timedelta(days=16.6)},
        {"model": "corvid-2-mini", "released_at": START + timedelta(days=10.1)},
    ]
    for name, rows in tables.items():
        pq.write_table(pa.Table.from_pylist(rows, schema=TABLES[name].schema), folder / f"{name}.parquet")
    (folder / "summary.json").write_text(json.dumps(summary(plans, hostile=hostile)), encoding="utf-8")
    return folder


def summary(plans: Sequence[Plan], *, hostile: bool = False) -> dict[str, Any]:
    """What a scan writes into summary.json."""
    count: dict[str, dict[str, int]] = {"campaigns": {}, "accounts": {}, "exchanges": {}}
    for plan in plans:
        for key, n in (
            ("campaigns", 1),
            ("accounts", plan.accounts),
            ("exchanges", plan.accounts * plan.per_account),
        ):
            count[key][plan.verdict] = count[key].get(plan.verdict, 0) + n
    return {
        "stillwatch": "0.1.0",
        "schema": "1",
        "input": {
            "exchanges": 1_284_020,
            "accounts": 24_816,
            "rejects": 312,
            "first": "2026-02-01T00:00:04Z",
            "last": "2026-02-28T23:59:58Z",
            "digest": "b7c9d2e45a10",
        },
        "counts": count,
        "coverage": [
            {"column": "prompt_text", "share": 1.0, "costs": ""},
            {"column": "client_address", "share": 0.994, "costs": ""},
            {"column": "ja4", "share": 0.38, "costs": "client evidence is weaker for 62% of the exchanges"},
            {
                "column": "payment_fingerprint",
                "share": 0.91,
                "costs": "9% of the accounts cannot be linked by payment",
            },
            {"column": "reasoning_in", "share": 0.0, "costs": "replayed reasoning cannot be seen"},
            {
                "column": HOSTILE[1] if hostile else "network kinds",
                "share": 0.0,
                "costs": "hosting and home addresses weigh the same",
            },
        ],
        "timings": [
            {"stage": "sketch", "seconds": 12.4, "rows": 1_284_020, "rate": 103_550},
            {"stage": "link", "seconds": 8.8, "rows": 24_816, "rate": 2_820},
        ],
        "peak_memory_bytes": 1_402_000_000,
        "settings": {
            "threshold_bits": 18.0,
            "seed": 7,
            "engine": "duckdb",
            "window": {"start": "2026-02-01", "days": 28},
        },
        "calibration": {
            "kind": "simulated",
            "q_reason": "the shipped calibration is simulated, so no false-discovery rate is claimed",
        },
        "look_alikes": [p.name for p in plans if p.verdict == "innocent"],
        "lost": [
            "No reasoning blocks were logged: evidence of replay was not to be had.",
            "62% of the exchanges carry no JA4.",
        ],
        "releases": [{"model": "corvid-2", "at": "2026-02-17T14:24:00Z"}],
        "enforcement": [{"at": "2026-02-12T09:00:00Z", "action": "ban", "accounts": 80}],
    }


def _write_campaign(
    tables: dict[str, list[dict[str, Any]]], plan: Plan, rng: np.random.Generator, *, hostile: bool
) -> None:
    first, last = START + timedelta(days=plan.days[0]), START + timedelta(days=plan.days[1])
    accounts = [f"acct_{v:012x}" for v in rng.integers(0, 2**47, plan.accounts)]
    if hostile:
        accounts[: len(HOSTILE)] = [f"{text}{plan.name}" for text in HOSTILE][: len(accounts)]
    _members(tables, plan, accounts, (first, last), rng)
    _evidence(tables, plan, hostile=hostile)
    _flows(tables, plan, (first, last), rng, hostile=hostile)
    _campaign(tables, plan, (first, last), hostile=hostile)
    if plan.verdict == "distillation":
        tables["enforcement"] += [
            {"account_id": a, "at": START + timedelta(days=12, hours=9), "action": "ban"}
            for a in accounts[8:90]
        ]


def _campaign(
    tables: dict[str, list[dict[str, Any]]], plan: Plan, span: tuple[datetime, datetime], *, hostile: bool
) -> None:
    weight = sum(e[2] for e in plan.evidence)
    others = {h: v for h, v in plan.hypotheses.items() if h != "distillation"}
    best = max(others, key=lambda h: others[h])
    tables["campaigns"].append(
        {
            "campaign_id": plan.name,
            "first_seen": span[0],
            "last_seen": span[1],
            "accounts": plan.accounts,
            "exchanges": plan.accounts * plan.per_account,
            "verdict": plan.verdict,
            "p_distillation": 1 / (1 + 2.0 ** -(plan.prior + weight)),
            "prior_bits": plan.prior,
            "weight_bits": weight,
            "weight_low": weight - 4.2,
            "weight_high": weight + 3.6,
            "q_value": None,
            "q_reason": "simulated calibration",
            "best_alternative": best,
            "alternative_bits": plan.hypotheses["distillation"] - others[best],
            "capabilities": list(plan.capabilities),
            "threshold_bits": plan.threshold,
            "phases": [{"kind": k, "at": START + timedelta(days=d), "detail": t} for k, d, t in plan.phases],
            "detected_at": span[0] + (span[1] - span[0]) * 0.04,
            "statement": HOSTILE[0] if hostile else plan.statement,
            "missing": [*plan.missing, *HOSTILE[: 3 * hostile]],
        }
    )


def _members(
    tables: dict[str, list[dict[str, Any]]],
    plan: Plan,
    accounts: list[str],
    span: tuple[datetime, datetime],
    rng: np.random.Generator,
) -> None:
    own = np.maximum(rng.poisson(plan.per_account, plan.accounts), 1)
    families = sorted({e[0] for e in plan.evidence if e[2] > 0})
    for i, account in enumerate(accounts):
        relay = rng.random() < 0.06 and plan.verdict == "distillation"
        weights = {f: float(rng.gamma(6, 0.6)) for f in families if rng.random() < 0.8}
        tables["members"].append(
            {
                "campaign_id": plan.name,
                "account_id": account,
                "role": "relay" if relay else "harvester",
                "p_member": float(min(1 - 2.0 ** -(sum(weights.values()) + 1), 1)),
                "weight_bits": sum(weights.values()),
                "stability": float(0.8 + 0.2 * rng.random()),
                "exchanges": int(own[i]) * (12 if relay else 1),
                "campaign_exchanges": int(own[i]),
                "first_seen": span[0] + (span[1] - span[0]) * float(rng.random() * 0.4),
                "last_seen": span[1] - (span[1] - span[0]) * float(rng.random() * 0.4),
            }
        )
        tables["member_evidence"] += [
            {
                "campaign_id": plan.name,
                "account_id": account,
                "family": f,
                "weight_bits": w,
                "low": w - 1,
                "high": w + 1,
                "rows": [],
            }
            for f, w in weights.items()
        ]


def _evidence(tables: dict[str, list[dict[str, Any]]], plan: Plan, *, hostile: bool) -> None:
    for family, kind, weight, statement in plan.evidence:
        tables["evidence"].append(
            {
                "campaign_id": plan.name,
                "subject_kind": "campaign",
                "subject": plan.name,
                "family": family,
                "kind": kind,
                "signal": f"{family}_{kind}",
                "version": 1,
                "weight_bits": weight,
                "low": weight - 1.1,
                "high": weight + 0.9,
                "n": plan.accounts,
                "statement": HOSTILE[1] + statement if hostile else statement,
                "rows": [],
                "counter": weight < 0,
            }
        )
    top = max(plan.hypotheses.values())
    mass = {h: 2.0 ** (v - top - (6 if h == "distillation" else 0)) for h, v in plan.hypotheses.items()}
    for name, log2_lr in plan.hypotheses.items():
        tables["hypotheses"].append(
            {
                "campaign_id": plan.name,
                "hypothesis": name,
                "log2_lr": log2_lr,
                "posterior": mass[name] / sum(mass.values()),
                "main_evidence": "new slots in private frames"
                if name == "distillation"
                else "traffic of many people in few accounts",
                "missing_evidence": None if name == "distillation" else "follow-ups, a declared relation",
            }
        )


def _flows(
    tables: dict[str, list[dict[str, Any]]],
    plan: Plan,
    span: tuple[datetime, datetime],
    rng: np.random.Generator,
    *,
    hostile: bool,
) -> None:
    total = plan.accounts * plan.per_account
    for i, (signature, capability, part) in enumerate(plan.templates):
        tables["campaign_templates"].append(
            {
                "campaign_id": plan.name,
                "template_id": i + 1,
                "signature": (HOSTILE[i % 7] if hostile else signature) or None,
                "accounts": int(plan.accounts * 0.9),
                "exchanges": int(total * part),
                "fillings": int(total * part * 0.98),
                "rarity_bits": 31.0 - i,
                "capability": capability,
            }
        )
    for kind, n in plan.kinds.items():
        for v in range(n):
            key = v + 1 if kind == "template" else int(rng.integers(-(2**62), 2**62))
            tables["indicators"].append(
                {
                    "campaign_id": plan.name,
                    "kind": KINDS[kind].name,
                    "value_key": key,
                    "exchange_id": f"req_{v:06d}",
                    "accounts": int(plan.accounts / (v % 5 + 1)),
                    "rarity_bits": float(18 - v % 12),
                    "first_seen": span[0],
                    "last_seen": span[1],
                }
            )
    hours = max(int((span[1] - span[0]).total_seconds() // 3600), 1)
    grow = (
        np.linspace(0.2, 1, hours)
        * (1 + 0.5 * np.sin(np.arange(hours) / 24 * 2 * np.pi))
        * rng.gamma(9, 1 / 9, hours)
    )
    share = grow / grow.sum()
    for h in range(hours):
        n = int(total * share[h])
        if n:
            row = {
                "campaign_id": plan.name,
                "hour": span[0] + timedelta(hours=h),
                "exchanges": n,
                "accounts": min(plan.accounts, n),
            }
            tables["campaign_activity"].append(row)


def write_empty(folder: Path) -> Path:
    """Results of a scan that found nothing and left no summary."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("campaigns", "members"):
        pq.write_table(TABLES[name].schema.empty_table(), folder / f"{name}.parquet")
    return folder
