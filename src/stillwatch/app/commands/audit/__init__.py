"""Check the audit chain of the case store, or note how far it has come.

Example: `stillwatch audit verify --anchor anchor.json`
"""
