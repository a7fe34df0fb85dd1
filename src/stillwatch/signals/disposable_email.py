"""Whether the e-mail domain is a disposable one."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.registry import signal
from stillwatch.signals.sql.spans import known_by


@signal(
    grain="account",
    reads=["facts"],
    unit="share",
    direction=+1,
    version=1,
    family="identity",
)
def disposable_email(t: Tables, *, window: Window) -> Relation:
    """1 where the account's e-mail domain is a disposable one, 0 where it is not.

    No row where the domain is unknown.

    Why it points to distillation: throw-away accounts come with throw-away addresses.
    Innocent look-alikes: people who guard their privacy, testers of a free trial; many of them, so it weighs
    little for one account and counts as a share of a group. Public mail providers are not disposable ones.
    Cost of evading it: an address at a public provider, a few cents.
    Source: docs/signals/disposable_email.md
    """
    return Relation(
        "SELECT account_id AS subject, CAST(MAX(CASE WHEN disposable THEN 1 ELSE 0 END) AS DOUBLE) AS value, "
        "CAST(1 AS BIGINT) AS n FROM facts "
        f"WHERE disposable IS NOT NULL AND {known_by(window, 'created_at')} GROUP BY account_id"
    )
