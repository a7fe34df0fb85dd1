"""The sections of a case report about method and error rates: what was done, with what, how often it errs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from stillwatch.app.case_report.blocks import Block, Facts, Grid, Heading, Points, Text
from stillwatch.app.report.campaign import Campaign
from stillwatch.app.report.words import bits, count, sentence, share, visible
from stillwatch.cases.file import CaseFile, Exhibit

STEPS = (
    "Each request becomes keyed hashes of its text and of what surrounds it; no text is kept from there on.",
    (
        "Accounts that share more of such values than chance allows, in a model that keeps how active each account and "
        "how common each value is, are linked; linked accounts form groups."
    ),
    (
        "Each group is measured: what it asks for, how, from where, when, and how it pays. Each is compared with "
        "what each explanation expects, distillation and the innocent ones, and weighs in bits against the best other "
        "explanation."
    ),
    (
        "A group is called distillation only if the lower end of the interval of its weight passes the threshold and "
        "two families of evidence, one of them other than content and client, weigh three bits or more."
    ),
    (
        "Where the log holds text, content must not speak against a harvest; short answers are not held against one. "
        "What says what the answers are for (intent, length of answers) is added up by itself, against ordinary "
        "traffic. This sum must not fall below its own limit: see the evidence."
    ),
)
FIGURES = (
    ("recall", "Accounts of planted campaigns that were accused"),
    ("precision", "Accused accounts that belonged to a planted campaign"),
    ("false_positives", "Innocent accounts that were accused"),
    ("exchange_recall", "Exchanges of planted campaigns that were found"),
    ("exchange_precision", "Found exchanges that belonged to one"),
)
WORST = 8


def method(scan: Exhibit, view: Campaign) -> Iterator[Block]:
    """How the finding was made, and with which versions, settings and input."""
    found: Mapping[str, Any] = (scan.payload or {})["scan"]
    yield Heading("Method")
    yield Points(STEPS)
    source, versions = found.get("input", {}), found.get("versions", {})
    calibration = found.get("calibration", {})
    pairs = [
        (
            "Software",
            f"Stillwatch {found.get('stillwatch', 'of an unknown version')}, schema {found.get('schema', '?')}",
        ),
        (
            "With",
            ", ".join(f"{name} {version}" for name, version in sorted(versions.items())) or "not recorded",
        ),
        ("Input", f"{count(source.get('exchanges'))} exchanges of {count(source.get('accounts'))} accounts"),
        ("Period", f"{visible(source.get('first', '?'))} to {visible(source.get('last', '?'))}"),
        ("Digest of the input", visible(source.get("digest", "not recorded"))),
        ("Fingerprint of the hash key", visible(source.get("key", "not recorded"))),
        (
            "Calibration",
            f"{visible(calibration.get('kind', 'none'))}, expectations {visible(calibration.get('expectations', '?'))}",
        ),
        (
            "Threshold",
            f"{bits(view.row['threshold_bits'], sign=False)} bits for the lower end of the interval",
        ),
        ("Settings", _settings(found.get("settings", {}))),
    ]
    left_out = found.get("without") or []
    if left_out:
        pairs.append(("Left out on purpose", ", ".join(map(visible, left_out))))
    yield Facts(tuple(pairs))
    yield Text(
        "The same input, settings, version and key give the same result to the byte; the digests at the end of this "
        "report show whether it is the one exhibited.",
        "quiet",
    )


def error_rates(case: CaseFile, view: Campaign | None) -> Iterator[Block]:
    """What is known of how often the method errs: the calibration in use, and measurements that were exhibited."""
    yield Heading("Error rates")
    if view is not None:
        q, reason = view.row["q_value"], view.row["q_reason"] or ""
        if q is None:
            yield Text(f"No false-discovery rate is claimed for this finding. {sentence(reason)}")
        else:
            yield Text(
                f"Among findings at least this strong, a share of about {share(q)} is expected to be false (q-value). "
                f"{sentence(reason)}"
            )
    measured = [e for e in case.exhibits if e.row["kind"] == "evaluation" and e.payload]
    if not measured:
        yield Text(
            "No measured error rates were exhibited in this case. They are part of it once the output of `stillwatch "
            "evaluate --json` is added with `stillwatch case exhibit CASE FILE --evaluation`."
        )
    for e in measured:
        yield from _measured(e)


def _measured(e: Exhibit) -> Iterator[Block]:
    found = json.loads(e.content())
    yield Heading(f"Measured (exhibit {e.row['number']}: {visible(e.title, 80)})", 2)
    names = ", ".join(visible(r, 60) for r in found["runs"][:6])
    yield Text(f"Against known truth, in {count(len(found['runs']))} runs: {names}.")
    rows = tuple(_figure(words, found[name]) for name, words in FIGURES if isinstance(found.get(name), dict))
    yield Grid(("", "Share", "95% interval", "Of"), rows, (46, 13, 23, 18), right=(1, 2, 3))
    worst = sorted(found.get("cohorts", {}).items(), key=lambda c: -(_value(c[1]) or 0))[:WORST]
    if worst:
        yield Text("Kinds of innocent customers that were accused most often:", "quiet")
        cohorts = tuple(_figure(visible(name.replace("_", " "), 60), figure) for name, figure in worst)
        yield Grid(("", "Share", "95% interval", "Of"), cohorts, (46, 13, 23, 18), right=(1, 2, 3))


def _figure(words: str, figure: Mapping[str, Any]) -> tuple[str, ...]:
    ends = f"{figure.get('low', 0):.2%} to {figure.get('high', 0):.2%}"
    value = _value(figure)
    counts = f"{count(figure.get('part'))} of {count(figure.get('whole'))}"
    return (words, "not measured" if value is None else f"{value:.2%}", ends, counts)


def _value(figure: Mapping[str, Any]) -> float | None:
    whole = figure.get("whole") or 0
    return float(figure["part"]) / whole if whole else None


def _settings(settings: Mapping[str, Any]) -> str:
    flat = {**settings.get("assess", {}), **{k: v for k, v in settings.items() if k != "assess"}}
    return "; ".join(f"{name} {visible(value, 80)}" for name, value in sorted(flat.items())) or "not recorded"
