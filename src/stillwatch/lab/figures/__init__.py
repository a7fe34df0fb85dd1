"""Figures of many scenarios and seeds: simulate, scan, compare with the truth, keep the figures, write pages."""
