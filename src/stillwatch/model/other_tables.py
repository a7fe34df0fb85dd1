"""Tables of replays, of the watcher, of the state that scans keep, and of the truth of simulations."""

from __future__ import annotations

from stillwatch.model.table import described

REPLAY_CAMPAIGNS = described(
    "replay_campaigns",
    "replay",
    "Groups at each look of a replay.",
    """
    at! | ts | the look: only what came before was known
    campaign_id! | string | the id it keeps from look to look
    verdict! | string | verdict at that look
    accounts! | int64 | member accounts
    exchanges! | int64 | demixed exchanges
    weight_bits! | float64 | weight at that look
    weight_low! | float64 | lower end of the 95% interval
    needed_bits! | float64 | what weight_low must reach for a claim, fixed when the group was first seen
    claimed! | bool | a claim was published, at this look or before
    """,
    key=("at", "campaign_id"),
)

REPLAY_MEMBERS = described(
    "replay_members",
    "replay",
    "Accounts in campaigns with the verdict `distillation`, by the first look that said so.",
    """
    campaign_id! | string | the campaign
    account_id! | string | the account
    accused_at! | ts | first look at which it was a member of it
    claimed_at | ts | first look at which it was a member and the claim was published
    """,
    key=("campaign_id", "account_id"),
)

CAMPAIGN_UPDATES = described(
    "campaign_updates",
    "watch",
    "What changed of a campaign between two looks of a watcher: a file for each look that changed something.",
    """
    update_id! | string | number of the look and of the update, by which copies are told
    kind! | string | `opened`, `changed` or `closed`
    at! | ts | event time up to which was looked
    campaign_id! | string | the id it keeps from look to look
    verdict | string | verdict at that look; of a closed one the last
    accounts | int64 | member accounts
    exchanges | int64 | demixed exchanges
    weight_bits | float64 | weight at that look
    accounts_added | names | members that came since
    accounts_removed | names | members that went
    """,
    key=("update_id",),
)

STATE_CAMPAIGNS = described(
    "state_campaigns",
    "state",
    "Campaigns of earlier scans.",
    """
    campaign_id! | string | the id it keeps
    verdict! | string | verdict of the last scan that found it
    first_seen | ts | first demixed exchange of any scan
    last_seen | ts | last demixed exchange of any scan
    detected_at | ts | when the evidence first sufficed
    merged_into | string | campaign it became a part of, null if it stands
    phases | phases | dated phases so far
    tracked_group | string | tracked group it belongs to, null if none
    """,
    key=("campaign_id",),
)

STATE_MEMBERS = described(
    "state_members",
    "state",
    "Accounts that any earlier scan found in a campaign.",
    """
    campaign_id! | string | the campaign
    account_id! | int64 | keyed hash of the account id
    first_seen | ts | first demixed exchange of any scan
    last_seen | ts | last demixed exchange of any scan
    banned_at | ts | ban or suspension, null if none is known
    """,
    key=("campaign_id", "account_id"),
)

STATE_VALUES = described(
    "state_values",
    "state",
    "What marks a campaign: the values its members favoured in the last scan that found them favoured.",
    """
    campaign_id! | string | the campaign
    kind! | int16 | kind of value, see `model.families`
    value_key! | int64 | keyed hash of the value
    share! | float64 | share of the members that held it
    lift_bits! | float64 | how much commoner among them than among others
    last_seen | ts | end of the window in which it was favoured
    """,
    key=("campaign_id", "kind", "value_key"),
)

TRUTH_ACCOUNTS = described(
    "truth_accounts",
    "truth",
    "Ground truth per account, from `simulate`.",
    """
    account_id! | string | the account
    cohort! | string | cohort it was made in
    group_id! | string | independent group (a class, a firm, an app's users, a campaign, or itself alone)
    campaign | string | campaign, null if innocent
    role | string | role in it
    actor | string | who runs it
    tool | string | source of most of the prompts it harvests with, null if innocent
    """,
    key=("account_id",),
)

TRUTH_CAMPAIGNS = described(
    "truth_campaigns",
    "truth",
    "Ground truth per campaign.",
    """
    campaign! | string | the campaign
    actor! | string | who runs it
    accounts! | int64 | its accounts
    level | int32 | level of evasion, where a scenario compares several
    cost! | amounts | the attacker's dollars for each harvested exchange, by what they are spent on; empty if not known
    """,
    key=("campaign",),
)

TRUTH_EXCHANGES = described(
    "truth_exchanges",
    "truth",
    "Ground truth per exchange: harvest only.",
    """
    exchange_id! | string | the exchange
    account_id! | string | the account
    campaign! | string | the campaign
    """,
    key=("exchange_id",),
)
