"""Partners and agreements: who may be told what, and who was asked."""
