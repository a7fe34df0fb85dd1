"""Policy → plan → approval → adapter → receipt. This version takes no action on anybody."""
