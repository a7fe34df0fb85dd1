"""Write README.md, docs/concepts.md and the picture of the report anew: `python scripts/demo_pages.py demo-out`.

The pages stand in scripts/pages with holes such as @@CAMPAIGN@@; every figure in them is read from the run. The running
campaign is the purest that was called distillation. Run `make demo` first, with the demo's own settings.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
from rich.console import Console

from stillwatch.app.api import score
from stillwatch.app.terminal import print_summary

ROOT = Path(__file__).parent.parent
PAGES = {"README.md.txt": ROOT / "README.md", "concepts.md.txt": ROOT / "docs/concepts.md"}
HOLE = re.compile(r"@@([A-Z]+)@@")
SIGNALS = ("template_reuse", "slot_novelty", "private_frame", "stateless", "client_rarity", "account_age")
EXCHANGE = [
    "exchange_id",
    "ts",
    "account_id",
    "model",
    "pathway",
    "turn",
    "prompt_text",
    "temperature",
    "max_tokens",
    "output_tokens",
]
EXCHANGE += ["finish_reason", "client_address", "user_agent", "ja4"]
ACCOUNT = [
    "account_id",
    "created_at",
    "organization_id",
    "email_domain",
    "email_pattern",
    "payment_kind",
    "signup_address",
]
ACCOUNT += ["program", "plan", "verification", "declared", "status"]
CAMPAIGN = [
    "campaign_id",
    "first_seen",
    "last_seen",
    "accounts",
    "exchanges",
    "verdict",
    "prior_bits",
    "weight_bits",
    "weight_low",
]
CAMPAIGN += [
    "weight_high",
    "best_alternative",
    "alternative_bits",
    "p_distillation",
    "capabilities",
    "q_reason",
]
LONGEST = 420

Row = Mapping[str, Any]


class Run:
    """The tables of a demo run, and the campaign and account that the page follows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._con = duckdb.connect()
        for name in ("data", "data/truth", "results"):
            for path in (folder / name).glob("*.parquet"):
                table = f"truth_{path.stem}" if name.endswith("truth") else path.stem
                self._con.execute(f"CREATE VIEW \"{table}\" AS FROM read_parquet('{path}')")
        self.campaign = self.rows(
            """
            SELECT c.* FROM campaigns c JOIN members m USING (campaign_id)
            LEFT JOIN truth_accounts a USING (account_id) WHERE c.verdict = 'distillation'
            GROUP BY ALL ORDER BY round(count(a.campaign) / count(*), 2) DESC, c.accounts DESC, c.campaign_id
            """
        )[0]
        self.of = f"campaign_id = '{self.campaign['campaign_id']}'"
        own = self.rows(
            f"""
            SELECT m.* FROM members m JOIN truth_accounts a USING (account_id)
            WHERE {self.of} AND a.campaign IS NOT NULL ORDER BY p_member DESC, campaign_exchanges DESC, account_id
            """
        )
        self.member = own[len(own) // 2]
        self.account = self.rows(f"SELECT * FROM accounts WHERE {self.whose}")[0]

    @property
    def whose(self) -> str:
        """The condition that picks the account's rows."""
        return f"account_id = '{self.member['account_id']}'"

    def rows(self, sql: str) -> Sequence[Row]:
        """Rows of a statement."""
        return self._con.sql(sql).to_arrow_table().to_pylist()


def holes(run: Run) -> Mapping[str, str]:
    """What goes into each hole of the pages."""
    return {
        "DEMO": terminal(run.folder),
        "EVAL": evaluation(run.folder),
        "CID": f"`{run.campaign['campaign_id']}`",
        "EXCHANGE": fields(exchange(run), EXCHANGE),
        "ACCOUNT": fields(run.account, ACCOUNT),
        "ALONE": alone(run),
        "TEMPLATE": template(run),
        "NSIGNALS": str(sum(path.stem != "index" for path in (ROOT / "docs/signals").glob("*.md"))),
        "SCORES": scores(run),
        "EVIDENCE": evidence(run),
        "LINKS": links(run),
        "CAMPAIGN": fields(run.campaign, CAMPAIGN),
        "MEMBER": member(run),
        **hypotheses(run),
        "VERDICT": verdict(run.campaign),
        "LOOKALIKES": look_alikes(run),
    }


def exchange(run: Run) -> Row:
    """The account's first exchange in the campaign."""
    found = run.rows(
        f"""
        SELECT e.* FROM exchanges e JOIN campaign_exchanges x USING (exchange_id)
        WHERE x.{run.of} AND e.{run.whose} ORDER BY x.role, e.ts, e.exchange_id LIMIT 1
        """
    )
    return found[0]


def alone(run: Run) -> str:
    """A sentence on how little the account shows."""
    m = run.member
    days = max(1, round((m["last_seen"] - m["first_seen"]).total_seconds() / 86_400))
    kind = run.account["payment_kind"] or "none"
    pays = "pays nothing" if kind == "none" else f"pays by {kind.replace('_', ' ')}"
    rate = m["exchanges"] / days
    return (
        f"This account made {m['exchanges']:,} requests in {days} days, about {rate:.0f} a day, and {pays}."
    )


def template(run: Run) -> str:
    """The campaign's commonest template, and how it is filled."""
    found = run.rows(f"SELECT * FROM campaign_templates WHERE {run.of} ORDER BY exchanges DESC, template_id")
    t = found[0]
    return (
        f"> {clipped(t['signature'])}\n\n{t['accounts']} accounts filled it {t['exchanges']:,} times, with "
        f"{t['fillings']:,} different fillings. A data set is built like that; an evaluation repeats its items. It is "
        f"{t['rarity_bits']:.1f} bits rare. The campaign has {len(found)} such templates."
    )


def scores(run: Run) -> str:
    """Values of a few signals for the account, beside the median account."""
    found = score(run.folder / "data", key_file=run.folder / "hash.key").to_pylist()
    lines = []
    for name in SIGNALS:
        values = [row["value"] for row in found if row["signal"] == name]
        own = [r for r in found if r["signal"] == name and r["account_id"] == run.member["account_id"]]
        lines += [
            [f"[{name}](signals/{name}.md)", number(row["value"]), f"{row['n']:,}", number(median(values))]
            for row in own
        ]
    return table(["signal", "score", "exchanges behind it", "median account"], lines)


def evidence(run: Run) -> str:
    """The heaviest statements, and those that speak most against."""
    found = run.rows(
        f"SELECT * FROM evidence WHERE {run.of} AND subject_kind = 'campaign' ORDER BY weight_bits DESC, kind"
    )
    lines = [[e["family"], e["statement"], signed(e["weight_bits"])] for e in [*found[:4], *found[-2:]]]
    return table(["family", "evidence", "bits"], lines)


def links(run: Run) -> str:
    """Shared values by kind."""
    found = run.rows(
        f"""
        SELECT kind, count(*) AS n, max(accounts) AS most, max(rarity_bits) AS rarest FROM indicators
        WHERE {run.of} GROUP BY kind ORDER BY most DESC, kind LIMIT 6
        """
    )
    lines = [[i["kind"].replace("_", " "), i["n"], i["most"], f"{i['rarest']:.1f}"] for i in found]
    head = ["kind", "values shared by members", "most members on one", "rarest, bits"]
    return "What holds our campaign together, by kind of value:\n\n" + table(head, lines)


def member(run: Run) -> str:
    """The account's membership and what speaks for it."""
    m = run.member
    found = run.rows(
        f"SELECT * FROM member_evidence WHERE {run.of} AND {run.whose} ORDER BY weight_bits DESC, family"
    )
    lines = [
        [e["family"], signed(e["weight_bits"]), f"{signed(e['low'])} to {signed(e['high'])}"] for e in found
    ]
    return (
        f"for our account {m['p_member']:.4f}, role `{m['role']}`, {m['campaign_exchanges']:,} of its "
        f"{m['exchanges']:,} exchanges in the campaign's flows, a member in {m['stability']:.0%} of "
        f"the runs that leave part of the evidence out.\n\n" + table(["family", "bits", "interval"], lines)
    )


def hypotheses(run: Run) -> Mapping[str, str]:
    """How many explanations there are, which, and those that fit best."""
    found = run.rows(f"SELECT * FROM hypotheses WHERE {run.of} ORDER BY log2_lr DESC, hypothesis")
    lines = [
        [
            h["hypothesis"].replace("_", " "),
            signed(h["log2_lr"]),
            h["main_evidence"] or "",
            h["missing_evidence"] or "",
        ]
        for h in found[:5]
    ]
    return {
        "NHYP": str(len(found)),
        "HYPLIST": ", ".join(sorted(h["hypothesis"].replace("_", " ") for h in found)),
        "HYPOTHESES": table(["explanation", "bits against chance", "fits best", "fits worst"], lines),
    }


def verdict(c: Row) -> str:
    """The verdict with its figures and its sentence."""
    return (
        f"For ours: prior {signed(c['prior_bits'])} bits, weight {signed(c['weight_bits'])} "
        f"({signed(c['weight_low'])} to {signed(c['weight_high'])}) against a threshold of "
        f"{signed(c['threshold_bits'])}: `{c['verdict']}`. "
        f'In words: "{c["statement"]}"'
    )


def look_alikes(run: Run) -> str:
    """What cleared the groups that were left alone."""
    found = run.rows(
        """
        SELECT best_alternative AS why, count(*) AS n, sum(accounts) AS accounts,
               -max(alternative_bits) AS low, -min(alternative_bits) AS high
        FROM campaigns WHERE verdict = 'innocent' GROUP BY 1 ORDER BY accounts DESC, why
        """
    )
    lines = [
        [r["why"].replace("_", " "), r["n"], f"{r['accounts']:,}", f"{r['low']:.1f} to {r['high']:.1f}"]
        for r in found
    ]
    return table(["explained by", "groups", "accounts", "better than distillation by, bits"], lines)


def terminal(folder: Path) -> str:
    """What the demo prints."""
    shown = io.StringIO()
    print_summary(folder / "results", Console(file=shown, width=88, highlight=False, force_terminal=False))
    lines = [
        line.rstrip() for line in shown.getvalue().replace(str(folder), "demo-out").strip("\n").splitlines()
    ]
    return "\n".join(lines)


def evaluation(folder: Path) -> str:
    """What `stillwatch evaluate` prints, without the list of cohorts."""
    program = Path(sys.executable).with_name("stillwatch")
    command = [program, "evaluate", str(folder / "results"), "--truth", str(folder / "data/truth")]
    answer = subprocess.run(  # noqa: S603 - our own program
        command, check=True, capture_output=True, text=True, env={**os.environ, "COLUMNS": "100"}
    )
    kept = answer.stdout.split("Benign accounts accused, by cohort")[0]
    return "```text\n" + "\n".join(line.rstrip() for line in kept.strip("\n").splitlines()) + "\n```"


def picture(report: Path, target: Path) -> None:
    """The head of the report, as Chromium draws it."""
    program = shutil.which("chromium") or "google-chrome"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,1400"]
    options += ["--force-device-scale-factor=1.5", f"--screenshot={target}", report.resolve().as_uri()]
    subprocess.run([program, *options], check=True, capture_output=True)  # noqa: S603 - our own page


def fields(row: Row, names: Iterable[str]) -> str:
    """Columns of a row, those that hold something."""
    lines = [[name, f"`{shown(row[name])}`"] for name in names if row[name] not in (None, [], "")]
    return table(["column", "value"], lines)


def table(head: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows)


def shown(value: object) -> str:
    """A value for readers."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return clipped(str(value)).replace("`", "'")


def clipped(text: str) -> str:
    """A text on one line, cut at a word."""
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST else flat[:LONGEST].rsplit(" ", 1)[0] + " …"


def number(value: float) -> str:
    """Two decimals for small numbers, none for large ones."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")


def signed(value: float) -> str:
    """Bits with their sign."""
    return f"{value:+.1f}".replace("-", "\N{MINUS SIGN}")


def main(folder: Path) -> None:
    """Fill the pages and write them."""
    values = holes(Run(folder))
    for name, target in PAGES.items():
        text = (Path(__file__).parent / "pages" / name).read_text(encoding="utf-8")
        target.write_text(HOLE.sub(lambda hole: values[hole[1]], text), encoding="utf-8")
        sys.stdout.write(f"{target.relative_to(ROOT)}\n")
    picture(folder / "results/report.html", ROOT / "docs/img/report.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
