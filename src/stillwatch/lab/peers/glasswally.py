"""Glasswally: a weighted sum of signals, and a bonus for accounts in a cluster."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stillwatch.lab.compare.coaction import Ints
from stillwatch.lab.compare.glasswally import SIGNALS
from stillwatch.lab.compare.peer import Floats, peer
from stillwatch.lab.compare.traffic import Traffic
from stillwatch.model.kernels.components import components

READS = (
    "ts",
    "model",
    "prompt_text",
    "system_text",
    "client_address",
    "user_agent",
    "sdk",
    "ja4",
    "header_order",
    "input_tokens",
    "output_tokens",
    "max_tokens",
)
CLUSTER, BONUS = 5, 0.08
NETWORK = r"regexp_extract(client_address, '^[0-9]+\.[0-9]+\.[0-9]+')"  # IPv4 alone, as in the tool


@peer(
    title="Glasswally, weighted fusion",
    source="m0rs3c0d3/Glasswally, commit 300eedc of 12 March 2026 (fusion.rs and its workers)",
    reads=READS,
    published={},
    threshold=0.35,
)
def glasswally(traffic: Traffic) -> Floats:
    """Sum of weight · score · (0.4 + 0.6 · confidence) over ten signals, plus 0.08 in a cluster of five or more.

    Published: sixteen signals, a missing one counts as 0; clusters join accounts that share a payment method, an
    organization, a /24 or a TLS fingerprint; from 0.35 on the tool limits the rate, from 0.55 it plants a canary,
    from 0.72 it suspends. The published threshold here is 0.35, its lowest.
    Changed: what `lab.compare.glasswally` says; TLS fingerprints are JA4, and a script is told by its SDK headers
    where the tool looks for listed JA3 values; clusters are connected components, found once over the whole period.
    """
    n = len(traffic.accounts)
    cluster = clusters(traffic)
    traffic.connection.register(
        "clusters", pa.table({"account": np.arange(n), "cluster": cluster}).slice(0, n)
    )
    total = np.zeros(n)
    for weight, sql in SIGNALS.values():
        rows = traffic.numpy(
            f"select account, max(score * (.4 + .6 * confidence))::double as value from ({sql}) group by account"
        )
        signal = np.zeros(n)
        signal[rows["account"]] = np.nan_to_num(rows["value"])
        total += weight * signal
    size = np.bincount(cluster, minlength=n)[cluster]
    total = np.minimum(total + np.where(size >= CLUSTER, BONUS, 0), 1)
    return np.where(total > 0, total, np.nan)


def clusters(traffic: Traffic) -> Ints:
    """The cluster of each account: joined by payment method, organization, /24 and TLS fingerprint."""
    traffic.connection.execute(
        f"create or replace temp table used as select distinct account, {NETWORK} as network from exchanges "
        f"where {NETWORK} != ''"
    )
    shared = (
        "select account, payment_fingerprint as value, 1 as kind from accounts",
        "select account, payment_fingerprint, 1 from instruments",
        "select account, organization_id, 2 from accounts",
        "select account, network, 3 from used",
        "select distinct account, ja4, 4 from exchanges",
    )
    rows = traffic.numpy(
        f"select account, min(account) over (partition by kind, value) as first from ({' union all '.join(shared)}) "
        "where value is not null"
    )
    return components(len(traffic.accounts), rows["account"], rows["first"])
