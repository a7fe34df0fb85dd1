"""Distillation against the best innocent explanation: `campaigns` → `hypotheses`, `attributions`."""
