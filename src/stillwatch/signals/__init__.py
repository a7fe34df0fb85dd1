"""One measured quantity per file.

`exchanges`, `accounts` → `keys`, `holdings`, `activity`, `templates`, `scores`.
"""
