"""What explanations are worth for traffic they were not fitted on.

Hypotheses mirror the cohorts of the simulator, so figures on the same cohorts flatter them. Here the
expectations are fitted again without one cohort, one campaign or one attack tool at a time, and the groups that
were left out are judged by them.

::

    python -m stillwatch.lab.learn.holdout RESULTS:TRUTH…
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from stillwatch import __version__
from stillwatch.attribute.assess import AssessSettings, assess
from stillwatch.attribute.hypotheses import Hypothesis, read_hypotheses
from stillwatch.lab.intervals import Figure, share, tally
from stillwatch.lab.learn.expectations import DISTILLATION, MIXED, Labelled, fit, labelled_groups
from stillwatch.lab.learn.write import hypotheses_toml
from stillwatch.lab.reference.markdown import table
from stillwatch.lab.refusing import refused
from stillwatch.lab.wording import figure_cells
from stillwatch.model.errors import StillwatchError, UsageError
from stillwatch.store.results import read_table

INTRO = """
Hypotheses mirror the simulator's cohorts, so figures on those flatter them. Here the expectations were fitted on
the training scans (what the intent model says: on the calibration scans with campaigns) again without one campaign,
attack tool or cohort at a time, and the groups that were left out were judged by them, in these scans and in all
others. The last column is what expectations fitted with them say. A tool is that whose prompts a group uses most; tools
of the test scans taught nothing in either case.
Prior, limits and verdicts are as shipped; the curve is not used.
""".strip()
COHORT, CAMPAIGN, TOOL = "cohort", "campaign", "attack tool"


@dataclass(frozen=True, slots=True)
class Known:
    """A labelled group and what most of its members are: {what is left out: which}."""

    group: Labelled
    traits: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Held:
    """Groups of one trait, judged without it and with it: the share called distillation."""

    trait: str
    name: str
    hostile: bool
    without: Figure
    within: Figure


def known_groups(results: Path, truth: Path) -> list[Known]:
    """The labelled groups of a scan, each with its commonest cohort, or campaign and attack tool."""
    rows = pq.read_table(truth / "accounts.parquet")
    columns = [c for c in ("account_id", "cohort", "campaign", "tool") if c in rows.column_names]
    people = {row["account_id"]: row for row in rows.select(columns).to_pylist()}
    members: dict[str, list[str]] = defaultdict(list)
    for row in read_table(results, "members").select(["campaign_id", "account_id"]).to_pylist():
        members[row["campaign_id"]].append(row["account_id"])
    return [
        Known(group, _traits([people[a] for a in members[group.campaign_id] if a in people], group))
        for group in labelled_groups(results, truth)
    ]


def _traits(people: Sequence[Mapping[str, str | None]], group: Labelled) -> dict[str, str]:
    if group.hypothesis != DISTILLATION:
        return {COHORT: _commonest(p["cohort"] for p in people if not p["campaign"])}
    hostile = [p for p in people if p["campaign"]]
    traits = {CAMPAIGN: _commonest(p["campaign"] for p in hostile)}
    tool = _commonest(p.get("tool") for p in hostile)
    return traits | ({TOOL: tool} if tool else {})


def _commonest(values: Iterable[str | None]) -> str:
    counts = Counter(v for v in values if v)
    return min(counts, key=lambda v: (-counts[v], v)) if counts else ""


def hold_out(
    groups: Sequence[Known],
    settings: AssessSettings | None = None,
    *,
    unseen: Sequence[Known] = (),
    others: Sequence[Known] = (),
) -> list[Held]:
    """For each cohort, campaign and tool: its groups judged by what was fitted without, and with, them.

    `unseen` teach what `fit` takes from texts unseen by the intent model; `others` are judged and teach nothing. Where
    no attack is left to learn from, nothing is judged.
    """
    s = settings or AssessSettings()
    everything = fitted([known.group for known in groups], [known.group for known in unseen])
    judged = [*groups, *unseen, *others]
    out = []
    for trait in (CAMPAIGN, TOOL, COHORT):
        for name in sorted({known.traits[trait] for known in judged if known.traits.get(trait)}):
            inside = [k.group for k in judged if k.traits.get(trait) == name]
            rest, new = ([k.group for k in of if k.traits.get(trait) != name] for of in (groups, unseen))
            taught = any(group.hypothesis == DISTILLATION for group in rest)
            without = _called(inside if taught else [], fitted(rest, new) if taught else (), s)
            out.append(Held(trait, name, trait != COHORT, without, _called(inside, everything, s)))
    return out


def fitted(groups: Sequence[Labelled], unseen: Sequence[Labelled] = ()) -> tuple[Hypothesis, ...]:
    """The explanations that these groups teach; one they say nothing about is not known."""
    counts = Counter(g.hypothesis for g in groups)
    known = read_hypotheses(hypotheses_toml(fit(groups, unseen=unseen), counts), where="fitted expectations")
    return tuple(h for h in known if h.expects or h.name in (DISTILLATION, MIXED))


def _called(groups: Sequence[Labelled], hypotheses: Sequence[Hypothesis], s: AssessSettings) -> Figure:
    """Share of the groups that are called distillation; every group counts once."""
    runs: dict[str, list[bool]] = defaultdict(list)
    for group in groups:
        runs[group.run].append(assess(group.measured, hypotheses, s).verdict == DISTILLATION)
    return share([tally(run, [1] * len(run)) for run in runs.values()])


def report(held: Sequence[Held]) -> str:
    """Two tables: attacks that should be found, cohorts that should not be accused."""
    head = ("left out", "name", "called distillation", "95% interval", "groups", "fitted with them")
    parts = []
    for hostile, title in (
        (True, "Attacks left out: higher is better"),
        (False, "Cohorts left out: lower is better"),
    ):
        chosen = [h for h in held if h.hostile == hostile]
        if not chosen:
            continue
        parts += [f"**{title}**", table(head, [*(_row(h) for h in chosen), *_totals(chosen)])]
    return "\n\n".join(parts) + "\n"


def page_of(held: Sequence[Held], scans: Mapping[str, Sequence[str]], command: str, code: str) -> str:
    """The tables as a page; `scans` are the runs by set, of which `training` taught."""
    runs = " ".join(f"{name.capitalize()}: {', '.join(names)}." for name, names in scans.items())
    parts = [
        "# What was not learned",
        INTRO,
        report(held).strip(),
        "## Run it again",
        f"```sh\n{command}\n```",
        f"Stillwatch {__version__}, measured by code {code}. {runs}",
    ]
    return "\n\n".join(parts) + "\n"


def _row(h: Held) -> tuple[str, ...]:
    value, interval, of, _ = figure_cells(h.without)
    return (h.trait, h.name, value, interval, of, figure_cells(h.within)[0])


def _totals(held: Sequence[Held]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for trait in dict.fromkeys(h.trait for h in held):
        own = [h for h in held if h.trait == trait]
        pairs = []
        for figures in ([h.without for h in own], [h.within for h in own]):
            known = [f for f in figures if f.whole]
            pairs.append(share([tally([f.part for f in known], [f.whole for f in known])]))
        value, interval, of, _ = figure_cells(pairs[0])
        rows.append((trait, "all", value, interval, of, figure_cells(pairs[1])[0]))
    return rows


def main(argv: Sequence[str]) -> int:
    """Print the tables for RESULTS:TRUTH pairs; exit code 0, or 2 for bad input."""
    try:
        if not argv or any(":" not in pair for pair in argv):
            raise UsageError("no pairs RESULTS:TRUTH", remedy="Give the folders of scans of training traffic")
        pairs = [pair.split(":", 1) for pair in argv]
        groups = [known for results, truth in pairs for known in known_groups(Path(results), Path(truth))]
    except StillwatchError as error:
        return refused(error)
    sys.stdout.write(report(hold_out(groups)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
