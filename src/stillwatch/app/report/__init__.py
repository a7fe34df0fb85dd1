"""The report people read: one HTML file made from the result tables of a scan."""

from stillwatch.app.report.page import render
from stillwatch.app.report.results import Results, read_results

__all__ = ["Results", "read_results", "render"]
