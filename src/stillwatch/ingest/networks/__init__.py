"""Kinds of network for the addresses that occur, from a file the user brings."""
