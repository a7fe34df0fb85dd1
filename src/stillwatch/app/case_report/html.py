"""A case report as one HTML file: no script, no network."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import jinja2
from markupsafe import Markup

from stillwatch.app.case_report.blocks import Report

FOLDER = Path(__file__).parent / "templates"


def html(report: Report) -> str:
    """The report as a page."""
    style = (FOLDER / "case.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return env.get_template("case.html.j2").render(
        report=report,
        kind=lambda block: type(block).__name__,
        style=Markup(style),  # noqa: S704 - our own file
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    )
