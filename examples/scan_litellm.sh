#!/usr/bin/env bash
# Scan logs of a LiteLLM proxy: examples/scan_litellm.sh [LOGS…]   (results go to ./litellm-findings, or to $OUT)
# Without logs of your own it scans the sample beside it, which is too small to hold a campaign.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
logs=("${@:-$here/litellm.jsonl}")
out=${OUT:-litellm-findings}

# 1. The proxy's records become canonical tables; the coverage table says what the logs lack.
#    The account is the hash of the virtual key. Facts about accounts come from a table of yours.
stillwatch ingest "${logs[@]}" --format litellm \
    --accounts "$here/accounts.csv" --map "$here/accounts.toml" --out "$out/dataset"

# 2. Campaigns, evidence, report.
stillwatch scan "$out/dataset" --out "$out/findings" --key-file "$out/hash.key"

# 3. The same for a script.
stillwatch scan "$out/dataset" --out "$out/findings" --key-file "$out/hash.key" --json |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["counts"])'
