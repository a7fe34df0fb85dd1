"""STIX bundles under agreements: what may go out and come in, what partners say in them, and what is taken back."""
