"""The case store: rows in SQLite or PostgreSQL, encrypted payloads, a chain of audit entries over all of them.

Needs the packages of `stillwatch[cases]`; nothing outside this folder imports them.
"""
