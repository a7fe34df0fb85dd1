"""Pieces of SQL that several signals are made of, in the dialect every engine runs alike."""
