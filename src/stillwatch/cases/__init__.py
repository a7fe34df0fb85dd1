"""What a person decides on: `attributions` → `cases`, `decisions`. This version ends with findings."""
