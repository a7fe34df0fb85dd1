"""Records, table schemas, ids, errors, the registry, shared pure maths. Imports nothing else of ours."""
