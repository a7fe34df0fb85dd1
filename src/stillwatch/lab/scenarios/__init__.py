"""What a simulation contains, one scenario per file; each file holds one `SCENARIO`."""
