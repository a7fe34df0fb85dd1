"""Exchange with partners: summaries, overlaps, opinions, retractions, and the ledger of it all."""
