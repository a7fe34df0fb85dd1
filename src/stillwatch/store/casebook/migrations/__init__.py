"""Migrations of the case store, one file per revision in `versions/`, run by `store.casebook.migrate`.

A revision adds tables or columns that may be null; it never changes rows, which the audit chain covers.
"""
