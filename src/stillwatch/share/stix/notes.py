"""What the notes of a bundle say: a finding for a reader, and its numbers as JSON."""

from __future__ import annotations

import json

from stillwatch.model.clean_text import clean
from stillwatch.share.finding import Finding, Scan
from stillwatch.share.likelihood import likelihood
from stillwatch.share.publication import Publication
from stillwatch.share.stix.extension import numbers

SIMULATED = (
    "The probabilities rest on a calibration on simulated traffic; no false-discovery rate is claimed. "
    "They are not to be read as measured on the publisher's own customers."
)
USE = (
    "This is evidence, not a verdict of a court: check it against your own records before you act on anybody. "
    "Accounts with the role `relay` carried the harvest of others; their other customers are not accused."
)


def finding_text(scan: Scan, finding: Finding, publication: Publication) -> str:
    """The finding in words, its evidence in bits, rival explanations, gaps, and the numbers as JSON."""
    c = finding.campaign
    lines = [headline(finding), ""]
    lines += [f"Evidence ({_bits(c['weight_bits'])} in all, prior {_bits(c['prior_bits'])}):"]
    lines += [
        f"* {e['family']}/{e['kind']}: {_bits(e['weight_bits'])}"
        f"{' (speaks against)' if e['counter'] else ''}: {clean(e['statement'] or '')}"
        for e in finding.evidence
    ]
    if finding.hypotheses:
        lines += ["", "Explanations (log2 likelihood ratio against unrelated accounts):"]
        ordered = sorted(finding.hypotheses, key=lambda h: (-h["log2_lr"], h["hypothesis"]))
        lines += [f"* {h['hypothesis']}: {h['log2_lr']:.1f}" for h in ordered]
    missing = [clean(name) for name in c["missing"] or ()]
    lines += ["", f"Could not be had: {'; '.join(missing)}."] if missing else []
    if "template" in publication.fields:
        lines += ["", *signatures(finding)]
    lines += ["", SIMULATED] if scan.calibration == "simulated" else []
    lines += ["", USE, "", "```json", json.dumps(numbers(scan, finding), sort_keys=True), "```"]
    return "\n".join(lines)


def headline(finding: Finding) -> str:
    """One sentence: who many, how much, how sure, against which other explanation."""
    c = finding.campaign
    size = f"{c['accounts']:,} accounts, {c['exchanges']:,} exchanges"
    if c["statement"]:
        return clean(c["statement"])
    if c["p_distillation"] is None:
        return f"{size}: {c['verdict'].replace('_', ' ')}"
    sure = likelihood(c["p_distillation"])
    other = f"; strongest other explanation: {c['best_alternative']}" if c["best_alternative"] else ""
    return f"{size}: {sure.words} that they harvest answers for training{other}"


def signatures(finding: Finding) -> list[str]:
    """Readable frames of the campaign, where tokens of fewer than five accounts are masked."""
    shown = [t for t in finding.templates if t["signature"] and not t["signature"].startswith("withheld")]
    ordered = sorted(shown, key=lambda t: (-t["exchanges"], t["template_id"]))
    return [
        "Frames:",
        *(f"* {clean(t['signature'], longest=500)} ({t['accounts']} accounts)" for t in ordered),
    ]


def attribution_text(finding: Finding) -> str:
    """Who is behind it, as far as that can be said, and what else it might be."""
    lines = []
    for a in sorted(finding.attributions, key=lambda a: (-a["posterior"], a["actor"])):
        lines.append(
            f"* {clean(a['actor'])}: {likelihood(a['posterior']).words} ({a['ladder']}). {clean(a['statement'] or '')}"
        )
        others, would = a["alternatives"] or (), a["would_change"] or ()
        lines += [f"  Alternatives: {'; '.join(map(clean, others))}."] if others else []
        lines += [f"  Would change the answer: {'; '.join(map(clean, would))}."] if would else []
    return "\n".join(["Attribution:", *lines])


def _bits(value: float | None) -> str:
    return "unknown" if value is None else f"{value:+.1f} bits"
