"""Log formats to canonical exchanges: raw logs → `exchanges`, `rejects`."""
