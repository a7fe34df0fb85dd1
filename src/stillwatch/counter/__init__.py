"""Model-side countermeasures and provenance tests. This version has none."""
