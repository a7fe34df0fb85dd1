"""The case that people decide on: frozen evidence, notes, decisions with reasons, retention."""
