"""TAXII 2.1: a server as a function from request to response, its store, and a client."""
