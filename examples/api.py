"""The Python interface: read logs, measure signals, find campaigns.

    python examples/api.py [LOGS…]

Without logs of your own it reads the sample beside it, which is too small to hold a campaign.
"""

from __future__ import annotations

import sys
from pathlib import Path

from stillwatch.app.api import ScanSettings, find_campaigns, read_logs, score

HERE = Path(__file__).parent
OUT = Path("api-findings")


def main(logs: list[str]) -> None:
    """Read logs, print the scores of one signal, then the campaigns."""
    OUT.mkdir(exist_ok=True)
    key = OUT / "hash.key"
    read = read_logs(logs or [HERE / "litellm.jsonl"], OUT / "dataset")
    say(f"{read.exchanges} exchanges, {read.rejects} rejects")

    scores = score(OUT / "dataset", key_file=key)
    for row in scores.to_pylist():
        if row["signal"] == "stateless":
            say(f"{row['account_id']}: {row['value']:.0%} of {row['n']} requests carry no earlier turn")

    settings = ScanSettings(key_file=key, quiet=True)
    campaigns = find_campaigns(OUT / "dataset", OUT / "findings", settings)
    say(f"{campaigns.num_rows} groups examined; the report is {OUT / 'findings' / 'report.html'}")


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
