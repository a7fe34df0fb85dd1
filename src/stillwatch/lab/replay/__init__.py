"""Replays of simulated logs against the truth: how early, and with how many false alarms."""
