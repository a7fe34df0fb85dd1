"""Findings for others: results → files that other tools read."""
