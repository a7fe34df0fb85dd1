"""Result rows about campaigns: verdicts, evidence, hypotheses, statements. Names of accounts come in as a table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import pyarrow as pa

from stillwatch.attribute.assess import UNIT, Assessment, Item, Joined
from stillwatch.attribute.conformal import Claim
from stillwatch.attribute.features import FEATURES, PURPOSE
from stillwatch.attribute.hypotheses import Hypothesis
from stillwatch.attribute.phases import Phase
from stillwatch.model.engine import Tables
from stillwatch.model.families import BY_CODE
from stillwatch.model.tables import TABLES
from stillwatch.model.tie import Tie

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the rows are made from: assessments and claims by group, hypotheses, columns the input lacked; by campaign
    its phases and when earlier scans had found the evidence to suffice."""

    assessments: Mapping[int, Assessment]
    claims: Mapping[int, Claim]
    hypotheses: Sequence[Hypothesis]
    lacking: frozenset[str]
    end: datetime
    phases: Mapping[str, Sequence[Phase]]
    detected: Mapping[str, datetime]


def name_campaigns(t: Tables) -> dict[int, str]:
    """Id of each group, from the sorted names of its members; fills `campaign_names`."""
    rows = t.query(
        """
        SELECT m.group_id, a.name FROM group_members m JOIN account_names a ON a.account_id = m.account_id
        ORDER BY m.group_id, a.name
        """
    )
    digests: dict[int, hashlib.blake2b] = {}
    for group, name in zip(rows["group_id"].to_pylist(), rows["name"].to_pylist(), strict=True):
        digests.setdefault(group, hashlib.blake2b(digest_size=6)).update(name.encode() + b"\0")
    ids = {group: f"c-{digest.hexdigest()}" for group, digest in digests.items()}
    t.put(
        "campaign_names",
        pa.table({"group_id": pa.array(list(ids), pa.int64()), "campaign_id": list(ids.values())}),
    )
    return ids


def campaigns(t: Tables, f: Findings) -> pa.Table:
    """Rows of `campaigns`."""
    rows = []
    for row in _sizes(t).to_pylist():
        a, claim = f.assessments[row["group_id"]], f.claims[row["group_id"]]
        rows.append(
            {
                "campaign_id": row["campaign_id"],
                "first_seen": row["first_seen"],
                "last_seen": row["last_seen"],
                "accounts": row["accounts"],
                "exchanges": row["exchanges"] or 0,
                "verdict": a.verdict,
                "p_distillation": round(a.p_distillation, 6),
                "prior_bits": a.prior / UNIT,
                "weight_bits": a.weight / UNIT,
                "weight_low": a.low / UNIT,
                "weight_high": a.high / UNIT,
                "calibration_bits": a.correction / UNIT,
                "traffic_class": claim.traffic_class,
                "p_value": claim.p_value,
                "q_value": claim.q_value,
                "q_reason": claim.reason,
                "best_alternative": a.best.name,
                "alternative_bits": a.weight / UNIT,
                "capabilities": row["capabilities"] or [],
                "phases": [asdict(p) for p in f.phases.get(row["campaign_id"], ())],
                "detected_at": min(f.end, f.detected.get(row["campaign_id"], f.end))
                if a.verdict == "distillation"
                else None,
                "threshold_bits": a.asked / UNIT,
                "purpose_bits": _purpose_bits(a),
                "purpose_threshold_bits": None if a.purpose_asked is None else a.purpose_asked / UNIT,
                "statement": statement(a, row["accounts"], row["exchanges"] or 0),
                "missing": missing(f),
            }
        )
    return pa.Table.from_pylist(rows, schema=TABLES["campaigns"].schema)


def _purpose_bits(a: Assessment) -> float | None:
    """The sum that decides beside the weight (decision 0011); None where no feature of it was measured."""
    return a.purpose / UNIT if any(i.feature in PURPOSE for i in a.items) else None


def statement(a: Assessment, accounts: int, exchanges: int) -> str:
    """The finding in one or two sentences, made from the numbers."""
    size = f"{accounts:,} accounts, {exchanges:,} exchanges"
    best = a.best.title
    for_it = [i for i in sorted(a.items, key=lambda i: -i.bits) if i.bits > UNIT // 2][:3]
    against = [i for i in sorted(a.items, key=lambda i: i.bits) if i.bits < -UNIT // 2][:2]
    why = "; ".join(_said(i) for i in for_it) or "nothing in particular"
    if a.verdict == "distillation":
        text = f"{size} act together and take training data: {why}. The best other explanation is {best}."
    elif a.verdict == "coordinated_other":
        text = f"{size} act together; that they harvest is not shown. What fits best is {best}."
    else:
        text = f"{size} resemble a campaign and were left alone: {best} explains them."
    if a.joined:
        text += f" {_joined_said(a)}"
    return text + (f" Against distillation: {'; '.join(_said(i) for i in against)}." if against else "")


def _joined_said(a: Assessment) -> str:
    """Who joined the group, and for what: the kinds of value that tie each piece most."""
    most = {max(j.ties, key=lambda tie: tie.bits).kind for j in a.joined if j.ties}
    kinds = ", ".join(BY_CODE[kind].title for kind in sorted(most))
    joined = sum(len(j.accounts) for j in a.joined)
    return (
        f"{joined:,} of the accounts joined the others for what they share with them ({kinds}); "
        "what was measured is the others'."
    )


def missing(f: Findings) -> list[str]:
    """Measurements that could not be made, with the columns they need."""
    return [
        f"{feature.name}: needs {' or '.join(feature.needs)}"
        for feature in FEATURES.values()
        if feature.needs and all(c in f.lacking for c in feature.needs)
    ]


def evidence(t: Tables, f: Findings, ids: Mapping[int, str]) -> pa.Table:
    """Rows of `evidence`: each measurement's part in the comparison with the best alternative."""
    examples, names = _examples(t), _names_of_joined(t, f)
    rows = []
    for group, a in f.assessments.items():
        for item in a.items:
            if item.bits == 0 and item.low == 0 and item.high == 0:
                continue
            feature = FEATURES[item.feature]
            rows.append(
                {
                    "campaign_id": ids[group],
                    "subject_kind": "campaign",
                    "subject": ids[group],
                    "family": feature.family,
                    "kind": item.feature,
                    "signal": item.feature,
                    "version": 1,
                    "weight_bits": item.bits / UNIT,
                    "low": item.low / UNIT,
                    "high": item.high / UNIT,
                    "n": item.n,
                    "statement": _said(item, a.best),
                    "rows": examples.get((group, feature.family), []),
                    "counter": item.bits < 0,
                }
            )
        for number, joined in enumerate(a.joined, start=1):
            rows += _ties(ids[group], number, joined, names)
    return pa.Table.from_pylist(rows, schema=TABLES["evidence"].schema)


def _names_of_joined(t: Tables, f: Findings) -> dict[int, str]:
    """Names of the accounts that joined a campaign, by their ids."""
    ids = {own for a in f.assessments.values() for joined in a.joined for own in joined.accounts}
    rows = t.query("SELECT account_id, name FROM account_names").to_pylist() if ids else []
    return {row["account_id"]: row["name"] for row in rows if row["account_id"] in ids}


def _ties(campaign: str, number: int, joined: Joined, names: Mapping[int, str]) -> list[dict[str, object]]:
    """Rows of `evidence` of accounts that joined a campaign: what they share with the others, kind by kind."""
    return [
        {
            "campaign_id": campaign,
            "subject_kind": "pair",
            "subject": f"{campaign}/{number}",
            "family": BY_CODE[tie.kind].family,
            "kind": BY_CODE[tie.kind].name,
            "signal": "tie",
            "version": 1,
            "weight_bits": tie.bits,
            "low": tie.bits,
            "high": tie.bits,
            "n": tie.values,
            "statement": _shared(joined, tie),
            "rows": [f"accounts/{names[own]}" for own in joined.accounts],
            "counter": False,
        }
        for tie in joined.ties
    ]


def _shared(joined: Joined, tie: Tie) -> str:
    """What those who joined share with the others of one kind, in words."""
    who, values = len(joined.accounts), tie.values
    return (
        f"{who:,} {'account that joined shares' if who == 1 else 'accounts that joined share'} "
        f"{values:,} {'value' if values == 1 else 'values'} with the others ({BY_CODE[tie.kind].title}); "
        f"chance gives {tie.expected:.2g}"
    )


def measurements(t: Tables, ids: Mapping[int, str]) -> pa.Table:
    """Rows of `measurements`."""
    rows = [
        {
            "campaign_id": ids[row["group_id"]],
            "feature": row["feature"],
            "family": FEATURES[row["feature"]].family,
            "value": row["value"],
            "n": row["n"],
        }
        for row in t.query("SELECT * FROM group_features").to_pylist()
    ]
    return pa.Table.from_pylist(rows, schema=TABLES["measurements"].schema)


def hypotheses(f: Findings, ids: Mapping[int, str]) -> pa.Table:
    """Rows of `hypotheses`, every explanation of every group."""
    rows = []
    for group, a in f.assessments.items():
        for h in f.hypotheses:
            fits, lacks = _fit(a, h)
            rows.append(
                {
                    "campaign_id": ids[group],
                    "hypothesis": h.name,
                    "log2_lr": a.log2_lr[h.name] / UNIT,
                    "posterior": round(a.posterior[h.name], 6),
                    "main_evidence": fits,
                    "missing_evidence": lacks,
                }
            )
    return pa.Table.from_pylist(rows, schema=TABLES["hypotheses"].schema)


def _said(item: Item, best: Hypothesis | None = None) -> str:
    feature = FEATURES[item.feature]
    text = f"{feature.question}: {item.value:.0%} (n = {item.n:,})"
    if best is not None and item.feature in best.expects:
        text += f"; with {best.title} about {best.expects[item.feature][0]:.0%}"
    return text


def _fit(a: Assessment, h: Hypothesis) -> tuple[str, str]:
    """The measurement nearest to what a hypothesis expects, and the one farthest from it."""
    told = {i.feature: i.value for i in a.items}
    gaps = sorted(
        (abs(told[name] - mean), name, mean) for name, (mean, _) in h.expects.items() if name in told
    )
    if not gaps:
        return "", ""
    (_, near, near_mean), (gap, far, far_mean) = gaps[0], gaps[-1]
    fits = f"{FEATURES[near].question}: {told[near]:.0%}, expected about {near_mean:.0%}"
    lacks = f"{FEATURES[far].question}: {told[far]:.0%}, expected about {far_mean:.0%}"
    return fits, lacks if gap > 0.2 else ""


def _sizes(t: Tables) -> pa.Table:
    return t.query(
        """
        SELECT n.group_id, n.campaign_id, m.accounts, x.exchanges, x.first_seen, x.last_seen, c.capabilities
        FROM campaign_names n
        JOIN (SELECT group_id, count(*) AS accounts FROM group_members GROUP BY group_id) m
          ON m.group_id = n.group_id
        LEFT JOIN (SELECT g.group_id, count(*) AS exchanges, min(k.ts) AS first_seen, max(k.ts) AS last_seen
                   FROM group_exchanges g JOIN keys k ON k.exchange_id = g.exchange_id GROUP BY g.group_id) x
          ON x.group_id = n.group_id
        LEFT JOIN (SELECT group_id, list(capability ORDER BY n DESC, capability) AS capabilities FROM
                    (SELECT g.group_id, t.capability, count(*) AS n FROM group_exchanges g
                     JOIN templates t ON t.template_id = g.template_id
                     WHERE t.capability <> 'general' GROUP BY g.group_id, t.capability) q
                   GROUP BY group_id) c ON c.group_id = n.group_id
        ORDER BY n.campaign_id
        """
    )


def _examples(t: Tables, *, most: int = 5) -> dict[tuple[int, str], list[str]]:
    """Ids of rows behind the evidence: of each family the favoured values with the largest part of the group."""
    rows = t.query(
        f"""
        SELECT group_id, kind, value_key FROM (
            SELECT group_id, kind, value_key, row_number() OVER (
                PARTITION BY group_id, kind // 100 ORDER BY inside DESC, lift_bits DESC, kind, value_key) AS place
            FROM group_values) AS placed
        WHERE place <= {most} ORDER BY group_id, kind, place
        """
    )
    out: dict[tuple[int, str], list[str]] = {}
    for row in rows.to_pylist():
        kind = BY_CODE[row["kind"]]
        out.setdefault((row["group_id"], kind.family), []).append(f"holdings/{kind.name}/{row['value_key']}")
    return out
