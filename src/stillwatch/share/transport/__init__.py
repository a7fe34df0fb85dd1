"""Frames over HTTPS: a small server and a client. Who speaks is told by signatures; TLS hides that they do."""
