"""Spark as the engine: its session, its dialect, tables that live in it or on the driver."""
