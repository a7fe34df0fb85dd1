"""Accounts that act together: `holdings`, `activity`, `templates` → `links`, groups, their demixed exchanges."""
