"""Command line, API, configuration: the only wiring."""
