"""How kinds of value are spread over the members: shared, favoured, commonest, covered."""

from __future__ import annotations

from stillwatch.model.families import KINDS

LIFT_BITS = 8.0  # a lift of this many bits counts as 1


def spread() -> list[str]:
    """Features that say how a kind of value is spread over the members."""
    share = "CAST({} AS DOUBLE) / with_kind"
    lift = (
        "CAST(favoured AS DOUBLE) / with_kind * least(1.0, greatest(0.0, "
        f"log2((favoured + 0.5) / (with_kind + 1.0) / (outside_share + 0.0005)) / {LIFT_BITS}))"
    )
    return [
        _kinds("shared_network", share.format("private"), "net24", "address", "signup_address"),
        _kinds("one_exit", share.format("top"), "net24"),
        _kinds("client_lift", lift, "client", "signup_client"),
        _kinds("params_lift", lift, "params"),
        _kinds("email_lift", lift, "email_pattern", "email_domain", "phone", "email_digest"),
        _kinds("label_lift", lift, "end_user", "metadata"),
        _kinds("signup_lift", lift, "signup_hour", "signup_day"),
        _kinds("shared_instrument", share.format("shared"), "instrument"),
        _kinds("one_instrument", share.format("top"), "instrument"),
        _kinds("neighbours", share.format("shared"), "neighbour"),
        _kinds("payment_lift", lift, "payment_kind", "issuer"),
        _kinds("common_frame", share.format("top"), "template", "system"),
        *_covered(),
        f"""
        SELECT g.group_id, 'many_frames' AS feature, least(8.0, count(v.value_key)) / 8.0 AS value, max(g.n) AS n
        FROM (SELECT group_id, count(*) AS n FROM group_members GROUP BY group_id) g
        LEFT JOIN (SELECT x.group_id, x.value_key, x.inside FROM group_values x
                   JOIN templates p ON p.template_id = x.value_key
                   WHERE x.kind = {_codes("template")} AND NOT p.public) v
        ON v.group_id = g.group_id AND v.inside * 10 >= g.n
        CROSS JOIN (SELECT count(exact_key) AS known FROM keys) k WHERE k.known > 0 GROUP BY g.group_id
        """,
        f"""
        SELECT g.group_id, 'crossed' AS feature, coalesce(k.x, 0.0) AS value, g.n
        FROM (SELECT group_id, count(*) AS n FROM group_members GROUP BY group_id) g
        LEFT JOIN (SELECT group_id, max(CAST(shared AS DOUBLE)) / max(with_kind) AS x FROM group_kinds
                   WHERE kind IN ({_codes("continuation", "reasoning_replay")}) GROUP BY group_id) k
        ON k.group_id = g.group_id
        CROSS JOIN (SELECT count(next_prefix_key) AS known FROM keys) p WHERE p.known > 0
        """,
    ]


def _kinds(feature: str, value: str, *names: str) -> str:
    return f"""
        SELECT group_id, '{feature}' AS feature, max({value}) AS value, max(with_kind) AS n
        FROM group_kinds WHERE kind IN ({_codes(*names)}) GROUP BY group_id
        """


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
