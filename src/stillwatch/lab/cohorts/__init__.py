"""Innocent traffic, one cohort per file; each file holds one `COHORT`."""
