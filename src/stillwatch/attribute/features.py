"""What a group is like: a few dozen measurements between 0 and 1, each of one evidence family.

Table `group_features` (group_id, feature, value, n): `n` accounts or exchanges behind the value; a feature
without data has no row, which is no evidence either way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from stillwatch.model.engine import Relation, Tables
from stillwatch.model.families import KINDS

LIFT_BITS = 8.0  # a lift of this many bits counts as 1
INTENT = 200  # 1/100 bit from which a prompt counts as asking for training data


@dataclass(frozen=True, slots=True)
class Feature:
    """One measurement: its family, the question it answers, and the words for it in a statement."""

    name: str
    family: str
    question: str
    needs: tuple[str, ...] = ()


_ROWS = (
    Feature(
        "shared_network",
        "network",
        "members on a network that is mostly the group's own",
        ("client_address",),
    ),
    Feature("network_covered", "network", "members whom networks tie to the group", ("client_address",)),
    Feature("one_exit", "network", "members on the commonest /24 or /48", ("client_address",)),
    Feature(
        "client_lift",
        "client",
        "members with a client that others hardly use",
        ("user_agent", "sdk", "ja4", "header_order"),
    ),
    Feature(
        "params_lift",
        "client",
        "members with a parameter vector that others hardly use",
        ("temperature", "max_tokens"),
    ),
    Feature(
        "email_lift",
        "identity",
        "members with an e-mail pattern, domain or phone that others hardly have",
        ("email_pattern", "email_domain"),
    ),
    Feature("identity_covered", "identity", "members whom sign-up facts tie to the group"),
    Feature(
        "label_lift",
        "identity",
        "members with an end-user field or metadata that others hardly send",
        ("end_user", "request_metadata"),
    ),
    Feature(
        "signup_lift",
        "identity",
        "members who signed up in hours or days crowded with the group",
        ("created_at",),
    ),
    Feature(
        "one_organization", "identity", "members in the commonest declared organization", ("organization_id",)
    ),
    Feature(
        "one_domain", "identity", "members in the commonest e-mail domain of their own", ("email_domain",)
    ),
    Feature("declared", "identity", "members with a declared use that explains coordination", ("declared",)),
    Feature("permitted", "identity", "members permitted to distil", ("declared",)),
    Feature("verified", "identity", "members verified by document or contract", ("verification",)),
    Feature("disposable", "identity", "members with a disposable e-mail domain", ("email_domain",)),
    Feature("education", "identity", "members in the education programme", ("program",)),
    Feature(
        "shared_instrument",
        "payment",
        "members who share a payment instrument with another",
        ("payment_fingerprint",),
    ),
    Feature(
        "payment_covered",
        "payment",
        "members whom payment ties to the group",
        ("payment_kind", "payment_fingerprint"),
    ),
    Feature("one_instrument", "payment", "members on the commonest instrument", ("payment_fingerprint",)),
    Feature("neighbours", "payment", "members with neighbouring card numbers", ("neighbour_key",)),
    Feature(
        "payment_lift",
        "payment",
        "members with an issuer or kind of payment that others hardly have",
        ("payment_kind", "issuer_key"),
    ),
    Feature("invoiced", "payment", "members who pay by invoice", ("payment_kind",)),
    Feature(
        "flow_share",
        "content",
        "members' exchanges that fill the group's frames",
        ("prompt_text", "system_text"),
    ),
    Feature("novelty", "content", "demixed exchanges whose filling is new", ("prompt_text",)),
    Feature(
        "repeated", "content", "demixed exchanges whose whole prompt several members sent", ("prompt_text",)
    ),
    Feature("private_frames", "content", "demixed exchanges in frames that are not public", ("prompt_text",)),
    Feature("harvest_intent", "content", "demixed exchanges that ask for training data", ("prompt_text",)),
    Feature("one_intent", "content", "demixed exchanges of the commonest harvest intent", ("prompt_text",)),
    Feature("single_turn", "content", "demixed exchanges without earlier turns", ("turn",)),
    Feature("common_frame", "content", "members who fill the group's commonest frame", ("prompt_text",)),
    Feature(
        "many_frames",
        "content",
        "of eight: private frames that a tenth of the members fill",
        ("prompt_text",),
    ),
    Feature(
        "schema_share",
        "content",
        "demixed exchanges with a required output schema or tools",
        ("response_schema_key", "tools_key"),
    ),
    Feature(
        "long_answers",
        "content",
        "demixed exchanges with answers longer than three quarters of all",
        ("output_tokens",),
    ),
    Feature(
        "crossed",
        "protocol",
        "members whose conversation or reasoning another account carried on",
        ("prefix_key", "next_prefix_key"),
    ),
    Feature("clock", "timing", "evenness of activity over the hours of the day"),
    Feature("even_usage", "timing", "evenness of how much each member takes through the group's frames"),
    Feature("two_days", "timing", "demixed exchanges on the two busiest days"),
    Feature("short_life", "timing", "members first active within two days of sign-up", ("created_at",)),
    Feature(
        "hand_off", "timing", "members who started within an hour after a ban of another holder of the frame"
    ),
    Feature("address_churn", "network", "distinct addresses per exchange", ("client_address",)),
    Feature("token_limit", "content", "exchanges that ran into the length limit", ("finish_reason",)),
    Feature("refusals", "timing", "exchanges refused with 429 or 403", ("status",)),
    Feature("model_pivot", "timing", "traffic moved to a model within a day of its release"),
)
# more of these is stronger evidence of a campaign, so a group beyond expectation is not judged milder
RISING = frozenset(
    {
        "shared_network", "network_covered", "client_lift", "params_lift", "email_lift", "identity_covered",
        "label_lift", "signup_lift", "disposable", "payment_covered", "neighbours", "payment_lift",
        "flow_share", "novelty", "private_frames", "harvest_intent", "one_intent", "single_turn",
        "common_frame", "many_frames", "crossed", "hand_off", "model_pivot",
    }
)  # fmt: skip
FEATURES: Mapping[str, Feature] = MappingProxyType({f.name: f for f in _ROWS})


def write_features(t: Tables, *, without: Collection[str] = ()) -> Relation:
    """Fill `group_features` from the tables of linking, facts, keys and activity, but for families left out."""
    left_out = [f"'{f.name}'" for f in FEATURES.values() if f.family in without]
    wanted = f"AND feature NOT IN ({', '.join(left_out)})" if left_out else ""
    parts = [*_spread(), *_facts(t), *_content(t), *_clock(t), *_pace(t), *_signals()]
    return t.define(
        "group_features",
        f"""
        SELECT group_id, feature, least(1.0, greatest(0.0, round(CAST(value AS DOUBLE), 6))) AS value,
               CAST(n AS BIGINT) AS n
        FROM ({" UNION ALL ".join(parts)}) AS measured WHERE value IS NOT NULL AND n > 0 {wanted}
        """,
    )


def _spread() -> list[str]:
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


def _facts(t: Tables) -> list[str]:
    """Features that come from facts of the accounts."""
    t.define(
        "member_facts",
        """
        SELECT m.group_id, f.*, a.first_hour FROM group_members m
        JOIN facts f ON f.account_id = m.account_id
        JOIN (SELECT account_id, min(hour) AS first_hour FROM activity GROUP BY account_id) a
        ON a.account_id = m.account_id
        """,
    )
    one = {
        "declared": ("declared", "CASE WHEN declared <> 0 THEN 1.0 ELSE 0.0 END"),
        "permitted": ("declared", "CASE WHEN declared % 32 >= 16 THEN 1.0 ELSE 0.0 END"),
        "verified": ("verification", "CASE WHEN verification >= 3 THEN 1.0 ELSE 0.0 END"),
        "disposable": ("disposable", "CASE WHEN disposable THEN 1.0 ELSE 0.0 END"),
        "education": ("program", "CASE WHEN program = 1 THEN 1.0 ELSE 0.0 END"),
        "invoiced": ("payment", "CASE WHEN payment = 4 THEN 1.0 ELSE 0.0 END"),
        "short_life": (
            "created_at",
            "CASE WHEN first_hour - epoch_us(created_at) // 3600000000 <= 48 THEN 1.0 ELSE 0.0 END",
        ),
    }
    parts = [
        f"""
        SELECT group_id, '{name}' AS feature, avg({value}) AS value, count(*) AS n
        FROM member_facts WHERE {column} IS NOT NULL GROUP BY group_id
        """
        for name, (column, value) in one.items()
    ]
    parts.append(_commonest("one_organization", "SELECT group_id, organization AS v FROM member_facts"))
    parts.append(
        _commonest(
            "one_domain",
            f"""
            SELECT m.group_id, CASE WHEN m.free_email OR m.disposable THEN NULL ELSE h.value_key END AS v
            FROM member_facts m JOIN holdings h ON h.account_id = m.account_id
            WHERE h.kind = {KINDS["email_domain"].code}
            """,
        )
    )
    return parts


def _commonest(feature: str, rows: str) -> str:
    """Share of members on the commonest value; null where nobody has any."""
    return f"""
        SELECT t.group_id, '{feature}' AS feature, CAST(coalesce(b.top, 0) AS DOUBLE) / t.n AS value, t.n
        FROM (SELECT group_id, count(*) AS n FROM ({rows}) AS x GROUP BY group_id) t
        LEFT JOIN (SELECT group_id, max(n) AS top FROM
                    (SELECT group_id, v, count(*) AS n FROM ({rows}) AS y WHERE v IS NOT NULL GROUP BY group_id, v) AS z
                   GROUP BY group_id) b ON b.group_id = t.group_id
        """


def _content(t: Tables) -> list[str]:
    """Features of the demixed exchanges."""
    intents = (
        "intent_reasoning", "intent_rubric", "intent_generation", "intent_evolution", "intent_agentic",
        "intent_solutions", "intent_sensitive",
    )  # fmt: skip
    asked = ", ".join(f"avg(CASE WHEN {i} >= {INTENT} THEN 1.0 ELSE 0.0 END) AS {i}" for i in intents)
    t.define(
        "group_texts",
        """
        SELECT g.group_id, k.exact_key, count(*) AS n, count(DISTINCT k.account_id) AS senders
        FROM group_exchanges g JOIN keys k ON k.exchange_id = g.exchange_id
        WHERE k.exact_key IS NOT NULL GROUP BY g.group_id, k.exact_key
        """,
    )
    t.define(
        "group_content",
        f"""
        SELECT g.group_id, count(*) AS n, count(k.exact_key) AS with_text, count(k.turn) AS with_turn,
               count(k.output_tokens) AS with_tokens,
               avg(CASE WHEN k.turn = 0 THEN 1.0 WHEN k.turn > 0 THEN 0.0 END) AS single_turn,
               avg(CASE WHEN greatest({", ".join(intents)}) >= {INTENT} THEN 1.0 ELSE 0.0 END) AS harvest_intent,
               avg(CASE WHEN coalesce(k.schema_key, k.tools_key) IS NULL THEN 0.0 ELSE 1.0 END) AS schema_share,
               avg(CASE WHEN k.output_tokens > q.long THEN 1.0 ELSE 0.0 END) AS long_answers,
               avg(CASE WHEN p.public OR g.template_id IS NULL THEN 0.0 ELSE 1.0 END) AS private_frames, {asked}
        FROM group_exchanges g JOIN keys k ON k.exchange_id = g.exchange_id
        LEFT JOIN templates p ON p.template_id = g.template_id
        CROSS JOIN (SELECT quantile_disc(output_tokens, 0.75) AS long FROM keys) q
        GROUP BY g.group_id
        """,
    )
    t.define(
        "group_sizes",
        """
        SELECT m.group_id, sum(a.n) AS exchanges FROM group_members m
        JOIN (SELECT account_id, sum(n) AS n FROM activity GROUP BY account_id) a ON a.account_id = m.account_id
        GROUP BY m.group_id
        """,
    )
    simple = {
        "single_turn": "with_turn",
        "harvest_intent": "with_text",
        "schema_share": "n",
        "long_answers": "with_tokens",
        "private_frames": "with_text",
    }
    parts = [
        f"SELECT group_id, '{name}' AS feature, {name} AS value, {n} AS n FROM group_content WHERE {n} > 0"
        for name, n in simple.items()
    ]
    parts.append(
        f"""
        SELECT group_id, 'one_intent' AS feature, greatest({", ".join(intents)}) AS value, with_text AS n
        FROM group_content WHERE with_text > 0
        """
    )
    parts.append(
        """
        SELECT c.group_id, 'flow_share' AS feature, CAST(c.n AS DOUBLE) / s.exchanges AS value, s.exchanges AS n
        FROM group_content c JOIN group_sizes s ON s.group_id = c.group_id
        """
    )
    parts.append(
        """
        SELECT group_id, 'novelty' AS feature, CAST(count(*) AS DOUBLE) / sum(n) AS value, sum(n) AS n
        FROM group_texts GROUP BY group_id
        """
    )
    parts.append(
        """
        SELECT group_id, 'repeated' AS feature,
               CAST(sum(CASE WHEN senders > 1 THEN n ELSE 0 END) AS DOUBLE) / sum(n) AS value, sum(n) AS n
        FROM group_texts GROUP BY group_id
        """
    )
    return parts


def _clock(t: Tables) -> list[str]:
    """Features of when the members are active."""
    t.define(
        "group_clock",
        """
        SELECT m.group_id, a.hour % 24 AS slot, CAST(sum(a.n) AS DOUBLE) AS n FROM group_members m
        JOIN activity a ON a.account_id = m.account_id GROUP BY m.group_id, a.hour % 24
        """,
    )
    return [
        """
        SELECT c.group_id, 'clock' AS feature, -sum(c.n / s.n * log2(c.n / s.n)) / log2(24.0) AS value,
               max(s.n) AS n
        FROM group_clock c JOIN (SELECT group_id, sum(n) AS n FROM group_clock GROUP BY group_id) s
        ON s.group_id = c.group_id GROUP BY c.group_id HAVING max(s.n) >= 48
        """
    ]


def _pace(t: Tables) -> list[str]:
    """How alike the members' amounts are, and how much of the whole falls on two days.

    Evenness is `exp(-s)` with s the standard deviation of the logarithm of a member's exchanges: people who happen to
    use one thing differ by orders of magnitude, a shared queue is handed out in like portions.
    """
    t.define(
        "group_days",
        """
        SELECT g.group_id, epoch_us(k.ts) // 86400000000 AS day, count(*) AS n
        FROM group_exchanges g JOIN keys k ON k.exchange_id = g.exchange_id
        GROUP BY g.group_id, epoch_us(k.ts) // 86400000000
        """,
    )
    return [
        """
        SELECT group_id, 'even_usage' AS feature, exp(-stddev_samp(ln(n))) AS value, count(*) AS n
        FROM (SELECT group_id, account_id, count(*) AS n FROM group_exchanges GROUP BY group_id, account_id) AS x
        GROUP BY group_id HAVING count(*) >= 4
        """,
        """
        SELECT d.group_id, 'two_days' AS feature,
               CAST(sum(CASE WHEN d.place <= 2 THEN d.n ELSE 0 END) AS DOUBLE) / sum(d.n) AS value, sum(d.n) AS n
        FROM (SELECT *, row_number() OVER (PARTITION BY group_id ORDER BY n DESC, day) AS place FROM group_days) AS d
        GROUP BY d.group_id
        """,
    ]


FROM_SIGNALS = ("hand_off", "address_churn", "token_limit", "refusals", "model_pivot")


def _signals() -> list[str]:
    """Features that are the members' mean of a signal."""
    names = ", ".join(f"'{name}'" for name in FROM_SIGNALS)
    return [
        f"""
        SELECT m.group_id, s.signal AS feature, avg(s.value) AS value, count(*) AS n
        FROM group_members m JOIN scores s ON s.subject = m.account_id
        WHERE s.signal IN ({names}) GROUP BY m.group_id, s.signal
        """
    ]
