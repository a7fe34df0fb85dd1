"""Training and checking of the intent model (docs/reference/intent-model-card.md)."""
