"""The case report, as HTML and PDF: the same content, drawn twice."""
