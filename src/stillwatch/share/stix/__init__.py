"""Findings as STIX 2.1 bundles."""
