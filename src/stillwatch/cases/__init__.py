"""What a person decides on: `attributions` → `cases`, `decisions`. Nothing is decided by this version; `scan` ends with findings."""
