"""Detectors that others published, one a file: tables in, a score for each account out. The folder is scanned."""
