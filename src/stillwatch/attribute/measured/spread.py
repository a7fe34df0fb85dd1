"""How kinds of value are spread over the members: shared, favoured, commonest, covered.

A share is of all members who could have such a value, whatever kind of it: the six of 111 cards that have a neighbour
are a twentieth of the cards, not all of those with a neighbour.
"""

from __future__ import annotations

from stillwatch.model.families import KINDS

LIFT_BITS = 8.0  # a lift of this many bits counts as 1
SIZES = "(SELECT group_id, count(*) AS n FROM group_members GROUP BY group_id)"


def spread() -> list[str]:
    """Features that say how a kind of value is spread over the members."""
    share = "CAST({} AS DOUBLE)"
    lift = (
        "CAST(favoured AS DOUBLE) * least(1.0, greatest(0.0, "
        f"log2((favoured + 0.5) / (with_kind + 1.0) / (outside_share + 0.0005)) / {LIFT_BITS}))"
    )
    return [
        _facts("shared_network", share.format("private"), "net24", "address", "signup_address"),
        _facts("one_exit", share.format("top"), "net24"),
        _facts("client_lift", lift, "client", "signup_client"),
        _choices("params_lift", lift, "params"),
        _facts("email_lift", lift, "email_pattern", "email_domain", "phone", "email_digest"),
        _choices("label_lift", lift, "end_user", "metadata"),
        _facts("signup_lift", lift, "signup_hour", "signup_day"),
        _facts("shared_instrument", share.format("shared"), "instrument"),
        _facts("one_instrument", share.format("top"), "instrument"),
        _facts("neighbours", share.format("shared"), "neighbour", among=("instrument",)),
        _facts("payment_lift", lift, "payment_kind", "issuer"),
        _facts("common_frame", share.format("top"), "template", "system"),
        *_covered(),
        f"""
        SELECT g.group_id, 'many_frames' AS feature, least(8.0, count(v.value_key)) / 8.0 AS value, max(g.n) AS n
        FROM {SIZES} g
        LEFT JOIN (SELECT x.group_id, x.value_key, x.inside FROM group_values x
                   JOIN templates p ON p.template_id = x.value_key
                   WHERE x.kind = {_codes("template")} AND NOT p.public) v
        ON v.group_id = g.group_id AND v.inside * 10 >= g.n
        CROSS JOIN (SELECT count(exact_key) AS known FROM keys) k WHERE k.known > 0 GROUP BY g.group_id
        """,
        _choices(
            "crossed",
            share.format("shared"),
            "continuation",
            "reasoning_replay",
            known="SELECT 1 AS known FROM keys WHERE next_prefix_key IS NOT NULL LIMIT 1",
        ),
    ]


def _facts(feature: str, value: str, *names: str, among: tuple[str, ...] = ()) -> str:
    """The largest `value` of the kinds, over the members with any of them or of the kinds `among` which they are; no
    rows of the latter unless the log knows the former."""
    known = f"CROSS JOIN ({_held(*names)}) h" if among else ""
    return f"""
        SELECT k.group_id, '{feature}' AS feature,
               max(CASE WHEN k.kind IN ({_codes(*names)}) THEN {value} ELSE 0.0 END) / max(k.with_kind) AS value,
               max(k.with_kind) AS n
        FROM group_kinds k {known}
        WHERE k.kind IN ({_codes(*names, *among)}) GROUP BY k.group_id
        """


def _choices(feature: str, value: str, *names: str, known: str = "") -> str:
    """The largest `value` of the kinds, over all members: who has none chose not to. No rows unless the log knows such
    values, or `known` has a row."""
    return f"""
        SELECT g.group_id, '{feature}' AS feature, coalesce(k.most, 0.0) / g.n AS value, g.n
        FROM {SIZES} g
        LEFT JOIN (SELECT group_id, max({value}) AS most FROM group_kinds
                   WHERE kind IN ({_codes(*names)}) GROUP BY group_id) k ON k.group_id = g.group_id
        CROSS JOIN ({known or _held(*names)}) h
        """


def _held(*names: str) -> str:
    """A row if the log has such values."""
    return f"SELECT 1 AS known FROM holdings WHERE kind IN ({_codes(*names)}) LIMIT 1"


def _covered() -> list[str]:
    """Share of members whose membership a family supports by two bits or more."""
    return [
        f"""
        SELECT group_id, '{family}_covered' AS feature,
               avg(CASE WHEN bits_{family} >= 2 THEN 1.0 ELSE 0.0 END) AS value, count(*) AS n
        FROM group_members GROUP BY group_id
        """
        for family in ("network", "identity", "payment")
    ]


def _codes(*names: str) -> str:
    return ", ".join(str(KINDS[name].code) for name in names)
