"""Published detectors on the same data as ours: what runs them, tunes them and measures them."""
