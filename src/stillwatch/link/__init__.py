"""Accounts that act together: `keys`, `holdings`, `activity`, `scores` → `links`, `campaigns`, `members`, `campaign_exchanges`."""
