"""Who may be behind a campaign, in the terminal: probabilities, sentences, claims, what speaks against it and gaps."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stillwatch.app.report.actors import ground, left_out
from stillwatch.app.report.results import Results, Row
from stillwatch.app.report.words import bits, chance, sentence, visible

SHOWN = 4  # actors with sentences of their own; the table has all
LINES = 8  # counter-evidence and gaps of one actor; `--json` has all


def print_actors(results: Results, rows: Sequence[Row], out: Console) -> None:
    """Print the probabilities over actors of one campaign, likeliest first, and the ground of each."""
    ranked = sorted(rows, key=lambda r: (-r["posterior"], r["actor"]))
    out.print()
    out.print(Text("Who may be behind it", style="bold"))
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0), pad_edge=False)
    for head in ("  Actor", "Probability", "Interval", "log2 LR", "Ladder"):
        table.add_column(head, no_wrap=True)
    for r in ranked:
        span = f"{chance(r['low'])} to {chance(r['high'])}"
        table.add_row(
            f"  {visible(r['actor'], 60)}",
            chance(r["posterior"]),
            span,
            bits(r["log2_lr"]),
            r["ladder"] or "",
        )
    out.print(table)
    for r in ranked[:SHOWN]:
        out.print()
        out.print(Padding(Text(sentence_of(r)), (0, 0, 0, 2)))
        _claims(results, r, out)
        if left := left_out(r):
            out.print(Padding(Text(f"Leave one family out: {left}", style="dim"), (0, 0, 0, 4)))
        for title, column in (("Against", "counter"), ("Gaps", "gaps"), ("Would change it", "would_change")):
            lines = r[column] or ()
            for line in lines[:LINES]:
                out.print(Padding(Text(f"{title}: {sentence(line)}", style="dim"), (0, 0, 0, 4)))
            if len(lines) > LINES:
                more = f"{title}: {len(lines) - LINES} more; `--json` lists them"
                out.print(Padding(Text(more, style="dim"), (0, 0, 0, 4)))


def sentence_of(row: Row) -> str:
    """The sentences of a row, made safe."""
    return visible(row["statement"] or "", 2000)


def _claims(results: Results, row: Row, out: Console) -> None:
    mine = {row["actor"], row["tracked_group"]} if row["actor"] == "unknown actor" else {row["actor"]}
    found = results.of("attribution_evidence", row["campaign_id"])
    shown = [e for e in found if e["actor"] in mine and e["state"] == "shown"]
    for e in sorted(shown, key=lambda e: (-e["weight_bits"], e["claim"]))[:LINES]:
        line = Text(f"{bits(e['weight_bits'])}  [{ground(e)}] ").append(sentence(e["statement"]))
        out.print(Padding(line, (0, 0, 0, 4)))
