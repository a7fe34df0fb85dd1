"""Writes a canonical dataset in the log formats of gateways and clouds, so that ingest is tested both ways.

Written from the formats' own documentation, not from our readers.
"""
