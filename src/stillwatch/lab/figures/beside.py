"""The page that puts ours beside every published detector, on the same simulations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stillwatch.lab.compare.choices import Choice, Settings
from stillwatch.lab.compare.peer import known_peers
from stillwatch.lab.compare.tune import MOST_FALSE
from stillwatch.lab.evaluate import Evaluation, pool
from stillwatch.lab.figures.cell import Done
from stillwatch.lab.figures.rivals import MEMORY, Rival, Rivals
from stillwatch.lab.intervals import Figure
from stillwatch.lab.reference.markdown import table
from stillwatch.lab.wording import mean_text, percent, rate_text

NAME = "peers"
HEAD = (
    "detector", "account recall", "precision", "benign accused", "worst cohort", "false campaigns per scan",
    "purity", "seconds a seed", "accounts", "seeds",
)  # fmt: skip
TEXT = f"""
Published detectors and Stillwatch on the same simulations. Their settings and thresholds were chosen once, on training
simulations whose seeds and sources of text are disjoint from these: the combination that finds most hostile accounts
while at most {MOST_FALSE:.0%} of the benign ones are accused (*tuned*). *Published* is what the authors print,
unchanged. Each ran in a process of its own, on one thread, with {MEMORY} of memory to read tables. They accuse accounts
and neither form campaigns nor name exchanges: all that one accuses counts as one campaign here. `stillwatch compare`
does the same on data of your own; [its page](../how-to/compare-detectors.md) says what each one is, and what is fair in
the comparison and what is not.
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One detector over all seeds of a scenario; without figures it was not run, and `note` says why."""

    name: str
    found: Evaluation | None
    seconds: float = 0.0  # a seed
    accounts: str = ""
    seeds: int = 0
    note: str = ""


def lines_of(done: Sequence[Done], rivals: Sequence[Rival]) -> list[Line]:
    """Ours first, then each detector and choice."""
    own = pool([d.observation for d in done]) if done else None
    seconds = sum(d.scan_seconds for d in done) / max(len(done), 1)
    out = [Line("**Stillwatch**", own, seconds, "all", len(done), "" if done else "not run")]
    for title, choice in dict.fromkeys((r.title, r.choice.name) for r in rivals):
        chosen = [r for r in rivals if (r.title, r.choice.name) == (title, choice)]
        seen = [r for r in chosen if r.observation is not None]
        found = pool([r.observation for r in seen if r.observation is not None]) if seen else None
        looked, whole = sum(r.accounts for r in seen), sum(r.whole for r in seen)
        accounts = "all" if looked == whole else f"a sample, {looked:,} of {whole:,}"
        seconds = sum(r.seconds for r in seen) / max(len(seen), 1)
        note = " ".join(dict.fromkeys(r.note for r in chosen if r.note))
        out.append(Line(f"{title}, {choice}", found, seconds, accounts, len(seen), note))
    return out


def page(
    scenarios: Mapping[str, tuple[Sequence[Done], Sequence[Rival]]],
    rivals: Rivals,
    command: str,
    versions: Sequence[str],
) -> str:
    """The page: a table of accounts and one of cohorts for each scenario, and the settings."""
    parts = ["# Beside published detectors", TEXT.strip()]
    for name, (done, found) in scenarios.items():
        lines = lines_of(done, found)
        parts += [f"## {name}", table(HEAD, [_cells(line) for line in lines])]
        cohorts = _cohorts(lines)
        if cohorts:
            parts += ["**Benign accounts accused, by cohort**", cohorts]
    parts += ["## Settings", _settings(rivals.settings)]
    sample = f"{rivals.bounds.sample:,}" if rivals.bounds.sample else "its own limit"
    made = rivals.settings
    chosen = (
        f"Chosen on {'; '.join(made.training)}, all of the training split. A detector looks at {sample} "
        "accounts of a simulation at most. The same as data: [peer-settings.json](peer-settings.json), which "
        "`stillwatch compare --settings` takes."
    )
    measured = (
        f"Command: `{command}`. {'; '.join(versions)}; detectors and simulator {rivals.code}, settings chosen with "
        f"{made.code}. Intervals are of 95%, over seeds and the independent groups in them, as on the other pages. "
        "Times are of a machine that ran several simulations at once."
    )
    parts += [chosen, "## How it was measured", measured]
    return "\n\n".join(parts) + "\n"


def _cells(line: Line) -> tuple[str, ...]:
    f = line.found
    if f is None:
        return (line.name, line.note or "not run", *[""] * (len(HEAD) - 2))
    return (
        line.name,
        _short(f.recall),
        _short(f.precision),
        _short(f.false_positives),
        _worst(f.cohorts),
        rate_text(f.false_campaigns),
        mean_text(f.purity),
        f"{line.seconds:.1f}",
        line.accounts,
        str(line.seeds),
    )


def _short(f: Figure) -> str:
    return "none" if f.value is None else f"{percent(f.value)} ({percent(f.low)} to {percent(f.high)})"


def _worst(cohorts: Mapping[str, Figure]) -> str:
    shares = [(f.value or 0.0, name) for name, f in cohorts.items() if f.part]
    return f"{max(shares)[1]} {percent(max(shares)[0])}" if shares else "none"


def _cohorts(lines: Sequence[Line]) -> str:
    """Shares by cohort; cohorts of which nobody accuses anybody are one row."""
    shown = [line for line in lines if line.found is not None]
    names = sorted({name for line in shown if line.found for name in line.found.cohorts})
    rows, clean = [], []
    for name in names:
        figures = [line.found.cohorts.get(name) if line.found else None for line in shown]
        if any(f is not None and f.part for f in figures):
            rows.append((name, *(percent(f.value) if f and f.value is not None else "none" for f in figures)))
        else:
            clean.append(name)
    if not rows:
        return ""
    told = f"\n\nAccused by none: {', '.join(clean)}." if clean else ""
    return table(("", *(line.name for line in shown)), rows) + told


def _settings(settings: Settings) -> str:
    titles = {name: entry.spec.title for name, entry in known_peers().items()}
    rows: list[tuple[str, ...]] = []
    for name, chosen in settings.peers.items():
        rows += [(titles[name], c.name, *_choice(c)) for c in chosen]
    rows += [(titles.get(name, name), "not run", note, "", "", "") for name, note in settings.notes.items()]
    return table(("detector", "choice", "settings", "threshold", "training recall", "training accused"), rows)


def _choice(c: Choice) -> tuple[str, ...]:
    settings = ", ".join(f"{name} {value}" for name, value in c.settings.items()) or "none"
    shares = [
        "" if share is None else percent(share) for share in (c.training_recall, c.training_false_positives)
    ]
    return (settings, "accuses nobody" if c.threshold is None else f"{c.threshold:.4g}", *shares)
