"""Libraries that are installed apart, since what they need contradicts what we need: bench/rivals.py NAME FILE.

Run by bench/links.py and bench/templates.py with the Python of that environment; prints one line of JSON. Nothing of
ours is imported. Seconds are processor time.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np


def bicm(file: Path) -> dict[str, Any]:
    """Seconds to fit the model and to score pairs of rows that share a column; how many these are, how many it keeps.

    `file` holds `row` and `column`, int64[E], one of each for every edge.
    """
    import bicm as library

    edges = np.load(file)
    graph = library.BipartiteGraph(edgelist=np.stack([edges["row"], edges["column"]], axis=1))
    began = time.process_time()
    graph.solve_tool(verbose=False)
    fitted = time.process_time()
    graph.compute_projection(
        rows=True, alpha=0.01, approx_method="poisson", threads_num=1, progress_bar=False
    )
    scored = time.process_time()
    return {
        "pairs": sum(map(len, graph.rows_pvals.values())),
        "validated": sum(map(len, graph.projected_rows_adj_list.values())),
        "fit_seconds": fitted - began,
        "score_seconds": scored - fitted,
        "version": version("bicm"),
    }


def drain3(file: Path) -> dict[str, Any]:
    """Seconds to mine the templates of messages, JSON strings a line; the cluster of each message."""
    from drain3 import TemplateMiner
    from drain3.template_miner_config import TemplateMinerConfig

    logging.disable()
    messages = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    miner = TemplateMiner(config=TemplateMinerConfig())
    began = time.process_time()
    found = [miner.add_log_message(message)["cluster_id"] for message in messages]
    return {"seconds": time.process_time() - began, "of": found, "version": version("drain3")}


RIVALS: dict[str, Callable[[Path], dict[str, Any]]] = {"bicm": bicm, "drain3": drain3}


def main() -> None:
    """Run the one that is named; what it prints itself is dropped."""
    name, file = sys.argv[1:]
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        found = RIVALS[name](Path(file))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
