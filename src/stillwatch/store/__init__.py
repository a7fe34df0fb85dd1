"""Open an engine, hand out tables, write results so that a reader never sees half of them."""
