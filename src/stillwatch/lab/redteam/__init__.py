"""A search for campaigns that the detector misses, within what an attacker would pay."""
