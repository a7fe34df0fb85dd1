"""The scan, continuously: what `stillwatch watch` is put together from."""
