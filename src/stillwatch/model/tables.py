"""The tables that stages meet in, by name.

Their descriptions are the only ones: schemas, the reference page and the checks on input are made from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from stillwatch.model.between_tables import (
    ACTIVITY,
    EXCHANGE_TEMPLATES,
    FACTS,
    HOLDINGS,
    KEYS,
    LINKS,
    REASONING,
    SCORES,
    TEMPLATES,
)
from stillwatch.model.input_tables import (
    ACCOUNTS,
    ENFORCEMENT,
    EXCHANGES,
    INSTRUMENTS,
    NETWORKS,
    REJECTS,
    RELEASES,
)
from stillwatch.model.other_tables import (
    CAMPAIGN_UPDATES,
    REPLAY_CAMPAIGNS,
    REPLAY_MEMBERS,
    STATE_CAMPAIGNS,
    STATE_MEMBERS,
    STATE_VALUES,
    TRUTH_ACCOUNTS,
    TRUTH_CAMPAIGNS,
    TRUTH_EXCHANGES,
)
from stillwatch.model.result_tables import (
    ATTRIBUTION_EVIDENCE,
    ATTRIBUTIONS,
    CAMPAIGN_ACTIVITY,
    CAMPAIGN_EXCHANGES,
    CAMPAIGN_TEMPLATES,
    CAMPAIGNS,
    EVIDENCE,
    HYPOTHESES,
    INDICATORS,
    MEASUREMENTS,
    MEMBER_EVIDENCE,
    MEMBERS,
)
from stillwatch.model.table import Table

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        t.name: t
        for t in (
            EXCHANGES,
            ACCOUNTS,
            INSTRUMENTS,
            RELEASES,
            ENFORCEMENT,
            NETWORKS,
            REJECTS,
            KEYS,
            HOLDINGS,
            ACTIVITY,
            TEMPLATES,
            EXCHANGE_TEMPLATES,
            FACTS,
            REASONING,
            SCORES,
            LINKS,
            CAMPAIGNS,
            MEMBERS,
            MEMBER_EVIDENCE,
            CAMPAIGN_EXCHANGES,
            EVIDENCE,
            HYPOTHESES,
            INDICATORS,
            ATTRIBUTIONS,
            ATTRIBUTION_EVIDENCE,
            MEASUREMENTS,
            CAMPAIGN_TEMPLATES,
            CAMPAIGN_ACTIVITY,
            REPLAY_CAMPAIGNS,
            REPLAY_MEMBERS,
            CAMPAIGN_UPDATES,
            STATE_CAMPAIGNS,
            STATE_MEMBERS,
            STATE_VALUES,
            TRUTH_ACCOUNTS,
            TRUTH_CAMPAIGNS,
            TRUTH_EXCHANGES,
        )
    }
)
