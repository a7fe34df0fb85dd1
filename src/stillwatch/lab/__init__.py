"""Traffic simulator with ground truth, evaluation, conformance checks."""
