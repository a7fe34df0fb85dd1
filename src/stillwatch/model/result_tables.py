"""Tables that a scan writes."""

from __future__ import annotations

from stillwatch.model.table import described

CAMPAIGNS = described(
    "campaigns",
    "result",
    "Groups of accounts that act together, with a verdict.",
    """
    campaign_id! | string | stable id
    first_seen | ts | first demixed exchange
    last_seen | ts | last demixed exchange
    accounts! | int64 | member accounts
    exchanges! | int64 | demixed exchanges
    verdict! | string | `distillation`, `coordinated_other`, `innocent`
    p_distillation | float64 | posterior probability of distillation, calibrated
    prior_bits | float64 | prior log-odds
    weight_bits | float64 | sum of the family weights
    weight_low | float64 | lower end of the 95% interval
    weight_high | float64 | upper end of the 95% interval
    calibration_bits | float64 | what calibration adds to prior and weight
    traffic_class | string | benign groups compared with: `relation`, `open`
    p_value | float64 | rank among benign groups of a calibration of your own
    q_value | float64 | null without a valid calibration
    q_reason | string | what the q-value rests on, or why there is none
    best_alternative | string | strongest other explanation
    alternative_bits | float64 | log2 likelihood ratio of distillation against it
    capabilities | names | what is taken, commonest first
    phases | phases | dated phases
    detected_at | ts | when the evidence first sufficed in this scan
    threshold_bits | float64 | threshold that weight_low had to pass
    purpose_bits | float64 | weight of what says what the answers are for, against ordinary traffic; null if nothing did
    purpose_threshold_bits | float64 | what purpose_bits had to reach, as well; null if it was not asked for
    statement | string | the finding in one sentence
    missing | names | evidence that could not be had
    """,
    key=("campaign_id",),
)

MEMBERS = described(
    "members",
    "result",
    "Accounts of a campaign.",
    """
    campaign_id! | string | the campaign
    account_id! | string | the account
    role! | string | `harvester`, `relay`, `unclear`
    p_member! | float64 | probability of membership
    weight_bits | float64 | weight of membership
    stability | float64 | share of perturbed runs in which it stays a member
    exchanges | int64 | all of the account's exchanges
    campaign_exchanges | int64 | demixed exchanges
    first_seen | ts | first demixed exchange
    last_seen | ts | last demixed exchange
    """,
    key=("campaign_id", "account_id"),
)

MEMBER_EVIDENCE = described(
    "member_evidence",
    "result",
    "What stands against one account.",
    """
    campaign_id! | string | the campaign
    account_id! | string | the account
    family! | string | evidence family
    weight_bits | float64 | weight of the family for this account
    low | float64 | lower end of the 95% interval
    high | float64 | upper end of the 95% interval
    rows | names | ids of the rows behind it
    """,
    key=("campaign_id", "account_id", "family"),
)

CAMPAIGN_EXCHANGES = described(
    "campaign_exchanges",
    "result",
    "Demixed traffic: `harvest` rows are the campaign's.",
    """
    campaign_id! | string | the campaign
    exchange_id! | string | the exchange
    role! | string | `harvest`, `relay_customer`, `unclear`
    p! | float64 | probability of the role
    """,
    key=("campaign_id", "exchange_id"),
)

EVIDENCE = described(
    "evidence",
    "result",
    "Statements with weight, interval and rows behind them.",
    """
    campaign_id! | string | the campaign
    subject_kind! | string | `campaign`, `account`, `pair`
    subject! | string | what the statement is about
    family! | string | evidence family
    kind! | string | kind of evidence
    signal | string | signal that measured it
    version | int32 | signal version
    weight_bits | float64 | weight towards distillation
    low | float64 | lower end of the 95% interval
    high | float64 | upper end of the 95% interval
    n | int64 | accounts or exchanges behind it
    statement | string | in words
    rows | names | ids of the rows behind it
    counter | bool | speaks against distillation
    """,
    key=("campaign_id", "subject_kind", "subject", "family", "kind"),
)

HYPOTHESES = described(
    "hypotheses",
    "result",
    "Explanations of a campaign, distillation among them.",
    """
    campaign_id! | string | the campaign
    hypothesis! | string | explanation
    log2_lr! | float64 | log2 likelihood ratio against unrelated accounts
    posterior! | float64 | posterior probability
    main_evidence | string | what supports it most
    missing_evidence | string | what it would need and lacks
    """,
    key=("campaign_id", "hypothesis"),
)

INDICATORS = described(
    "indicators",
    "result",
    "Values that mark a campaign, as keyed hashes.",
    """
    campaign_id! | string | the campaign
    kind! | string | kind of value
    value_key! | int64 | keyed hash of the value
    exchange_id | string | an example
    accounts! | int64 | members that hold it
    rarity_bits | float64 | rarity in the window
    first_seen | ts | first exchange with it
    last_seen | ts | last exchange with it
    """,
    key=("campaign_id", "kind", "value_key"),
)

ATTRIBUTIONS = described(
    "attributions",
    "result",
    "Probabilities over actors.",
    """
    campaign_id! | string | the campaign
    actor! | string | profile, or `unknown actor`, `relay only`, `false flag`
    posterior! | float64 | posterior probability
    low | float64 | lower end of the 95% interval
    high | float64 | upper end of the 95% interval
    log2_lr | float64 | log2 likelihood ratio against an unknown actor
    profile_version | string | version of the profile
    without_family | string | posterior with each family left out, as JSON
    alternatives | names | other explanations
    would_change | names | what would change the answer
    ladder | string | `activity cluster`, `tracked group`, `named actor`
    statement | string | in words
    tracked_group | string | tracked group the campaign belongs to, null if none
    families | string | bits of each family for this actor, as JSON
    unmet | names | requirements of a name that are not met
    counter | names | what speaks against it
    gaps | names | what could not be examined, or has expired
    """,
    key=("campaign_id", "actor"),
)

ATTRIBUTION_EVIDENCE = described(
    "attribution_evidence",
    "result",
    "Claims of actor profiles, each with what a campaign shows of it; and what ties campaigns into tracked groups.",
    """
    campaign_id! | string | the campaign
    actor! | string | the profile's name, or the tracked group
    claim! | string | section and place of the claim in its profile, or `tie` and the other campaign
    family! | string | family of evidence; of each only the strongest claim counts
    kind! | string | kind of claim
    faking | string | `hard`, `rented`, `cheap` or `context`
    state! | string | `shown`, `not shown`, `not examined`, `expired`, `not yet`, `context`
    weight_bits! | float64 | for the actor against an unknown one
    low | float64 | lower end of the 95% interval
    high | float64 | upper end of the 95% interval
    holding | int64 | members that show it
    examined | int64 | members for whom it could be examined
    base_share | float64 | share of all other accounts that show it
    statement | string | in words
    source | string | who says so
    date | string | when it was said
    reliability | string | Admiralty grade
    alleged_by | string | who alleges it, where there is only their word
    expires | string | last day on which it counts
    contradicted_by | string | what would contradict it
    rows | names | ids of rows that show it
    """,
    key=("campaign_id", "actor", "claim"),
)

MEASUREMENTS = described(
    "measurements",
    "result",
    "What was measured of each group; the evidence is computed from it.",
    """
    campaign_id! | string | the campaign
    feature! | string | measurement, see the reference
    family! | string | evidence family
    value! | float64 | between 0 and 1
    n! | int64 | accounts or exchanges behind it
    """,
    key=("campaign_id", "feature"),
)

CAMPAIGN_TEMPLATES = described(
    "campaign_templates",
    "result",
    "Flows of a campaign: the frames it fills.",
    """
    campaign_id! | string | the campaign
    template_id! | int64 | the frame
    signature | string | readable signature with slots
    accounts! | int64 | members that fill it
    exchanges! | int64 | exchanges of members that fill it
    fillings! | int64 | distinct fillings
    rarity_bits | float64 | rarity
    capability | string | what it asks for
    """,
    key=("campaign_id", "template_id"),
)

CAMPAIGN_ACTIVITY = described(
    "campaign_activity",
    "result",
    "Size of a campaign over time.",
    """
    campaign_id! | string | the campaign
    hour! | ts | start of the hour
    exchanges! | int64 | demixed exchanges
    accounts! | int64 | members active
    """,
    key=("campaign_id", "hour"),
)
