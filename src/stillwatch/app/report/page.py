"""Make `report.html`: one file, no network, the same bytes for the same results."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import jinja2
from markupsafe import Markup

from stillwatch.app.report import words
from stillwatch.app.report.activity import sparkline, width_words
from stillwatch.app.report.actors import ground, left_out
from stillwatch.app.report.alike import cleared, closest_first
from stillwatch.app.report.campaign import campaign, why_left_alone
from stillwatch.app.report.overview import VERDICT_ORDER, overview
from stillwatch.app.report.results import Results, Row, read_results
from stillwatch.model.errors import ResourceError

FILE = "report.html"
FOLDER = Path(__file__).parent / "templates"
IN_FULL: Mapping[str, int] = MappingProxyType(
    {"distillation": 300, "coordinated_other": 100}  # findings of a verdict that a page has room for
)
LOOK_ALIKES_IN_FULL = 200
FILTERS = (
    "visible",
    "title",
    "sentence",
    "count",
    "short",
    "plural",
    "bits",
    "interval",
    "share",
    "chance",
    "odds",
    "span",
)
DATE_FILTERS = ("day", "moment")


@dataclass(frozen=True, slots=True)
class Line:
    """A campaign's line in the overview: its row, where its section is, heights of its sparkline."""

    row: Row
    anchor: str
    heights: tuple[int, ...]


def render(results: Path) -> Path:
    """Write `report.html` into the result folder and return its path.

    Raises `InputError` if the folder holds no results, `ResourceError` if it cannot be written.
    """
    page = html(read_results(results))
    target = results / FILE
    part = results / f".{FILE}.part"
    try:
        part.write_text(page, encoding="utf-8")
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ResourceError(
            f"cannot write the report: {error.strerror}",
            where=str(target),
            remedy="Check free disk space and permissions, then run `stillwatch report`",
        ) from error
    return target


def html(results: Results) -> str:
    """The page as text."""
    env = _environment()
    style, script = _asset("style.css"), _asset("report.js")
    rows = _ordered(results.rows("campaigns"))
    anchors = {row["campaign_id"]: f"campaign-{i}" for i, row in enumerate(rows, 1)}
    innocent = closest_first([row for row in rows if row["verdict"] == "innocent"])
    of = {verdict: [row for row in rows if row["verdict"] == verdict] for verdict in IN_FULL}
    told = [row for verdict, most in IN_FULL.items() for row in of[verdict][:most]]
    left = {verdict: len(of[verdict][most:]) for verdict, most in IN_FULL.items()}
    accused = [campaign(results, row, anchors[row["campaign_id"]]) for row in told]
    alike = [
        campaign(results, row, anchors[row["campaign_id"]], in_full=False)
        for row in innocent[:LOOK_ALIKES_IN_FULL]
    ]
    return env.get_template("report.html.j2").render(
        style=style,
        script=script,
        policy=_policy(style, script),
        over=overview(results),
        campaigns=accused,
        lines=_lines(results, told, anchors),
        lines_left_out=left,
        alike=alike,
        cleared=cleared(innocent),
        alike_left_out=len(innocent) - len(alike),
        why=why_left_alone,
        width_words=width_words,
        family_meanings=words.FAMILY_MEANINGS,
        verdicts=words.VERDICTS,
    )


def _ordered(rows: Sequence[Row]) -> list[Row]:
    """Campaigns by verdict, then by size, then by id."""
    return sorted(rows, key=lambda r: (VERDICT_ORDER.index(r["verdict"]), -r["exchanges"], r["campaign_id"]))


def _lines(results: Results, shown: Sequence[Row], anchors: dict[str, str]) -> tuple[Line, ...]:
    """Overview lines of campaigns, on one common axis of time."""
    hours = [a["hour"] for r in shown for a in results.of("campaign_activity", r["campaign_id"])]
    if not hours:
        return tuple(Line(r, anchors[r["campaign_id"]], ()) for r in shown)
    first, last = min(hours), max(hours)
    return tuple(
        Line(
            r,
            anchors[r["campaign_id"]],
            sparkline(results.of("campaign_activity", r["campaign_id"]), first, last),
        )
        for r in shown
    )


def _environment() -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    env.filters.update({name: getattr(words, name) for name in (*FILTERS, *DATE_FILTERS)})
    env.filters |= {"left_out": left_out, "ground": ground}
    return env


def _asset(name: str) -> Markup:
    """A file of ours that goes into the page as it stands."""
    return Markup((FOLDER / name).read_text(encoding="utf-8"))  # noqa: S704 - our own file


def _policy(style: str, script: str) -> str:
    """A content security policy that admits our style and script by digest, and nothing else."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_digest(style)}'",
            f"script-src '{_digest(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
