"""The tables that stages meet in: names, columns, Arrow types, meaning.

The description here is the only one: schemas, the reference page and the checks on input are made from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

SCHEMA_VERSION = "1"

TS = pa.timestamp("us", tz="UTC")
TEXT = pa.large_string()
NAME = pa.string()
NAMES = pa.list_(pa.string())
INT = pa.int64()
REAL = pa.float64()
PHASE = pa.struct(
    [("kind", NAME), ("at", TS), ("detail", NAME)],
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `required` ones must be present and not null."""

    name: str
    type: pa.DataType
    meaning: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table: `stage` says who writes it (`input`, `between`, `result`, `replay`, `watch`, `state`, `truth`;
    `case` for those of the case store)."""

    name: str
    stage: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, with the schema version in its metadata."""
        fields = [pa.field(c.name, c.type, nullable=not c.required) for c in self.columns]
        return pa.schema(fields, metadata={"stillwatch.schema": SCHEMA_VERSION})

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be present."""
        return tuple(c.name for c in self.columns if c.required)


def _table(name: str, stage: str, meaning: str, text: str, *, key: Sequence[str] = ()) -> Table:
    """A table from lines `name | type | meaning`; a name ending in `!` is required."""
    columns = []
    for line in text.strip().splitlines():
        column, kind, what = (part.strip() for part in line.split("|", 2))
        columns.append(Column(column.rstrip("!"), _TYPES[kind], what, column.endswith("!")))
    return Table(name, stage, meaning, tuple(columns), tuple(key))


_TYPES: Mapping[str, pa.DataType] = MappingProxyType(
    {
        "string": NAME,
        "text": TEXT,
        "names": NAMES,
        "ts": TS,
        "int64": INT,
        "int32": pa.int32(),
        "int16": pa.int16(),
        "float64": REAL,
        "float32": pa.float32(),
        "bool": pa.bool_(),
        "bytes": pa.binary(),
        "map": pa.map_(NAME, NAME),
        "amounts": pa.map_(NAME, REAL),
        "phases": pa.list_(PHASE),
    }
)

EXCHANGES = _table(
    "exchanges",
    "input",
    "One request to the model API and its answer.",
    """
    exchange_id! | string | provider's request id; a repeated id is a duplicate and counts once
    ts! | ts | request received
    account_id! | string | the customer account
    model! | string | requested model
    response_model | string | the model that answered, where another one did
    api_key_id | string | the key used
    organization_id | string | the organization the key belongs to
    end_user | string | the client's own user field, verbatim
    request_metadata | map | further metadata the client sent
    pathway | string | how it came in: `api`, `console`, `cloud:<platform>`, `batch`, `program:<name>`
    operation | string | `chat`, `completion`, `batch`, `embeddings`
    conversation_id | string | conversation, where the client or gateway names one
    turn | int32 | number of earlier turns carried in the request (0 = first)
    prefix_key | int64 | hash of the earlier turns in the canonical serialisation
    next_prefix_key | int64 | hash of earlier turns, this input and this answer; null without the answer
    system_text | text | system instructions
    prompt_text | text | the new input of this request
    response_text | text | the answer, if logged
    tool_names | names | names of the tools offered
    tools_key | int64 | hash of the tool definitions
    response_schema_key | int64 | hash of the required output schema
    reasoning_in | names | digests of reasoning blocks replayed in the request
    reasoning_out | names | digests of reasoning blocks returned by the answer
    temperature | float32 | sampling temperature
    top_p | float32 | nucleus sampling share
    max_tokens | int32 | limit on the answer's length
    reasoning_effort | string | requested reasoning effort
    prompt_cache_key | string | the client's cache key
    stream | bool | answer streamed
    logprobs | bool | token probabilities requested
    input_tokens | int32 | tokens in the request
    output_tokens | int32 | tokens in the answer
    reasoning_tokens | int32 | hidden reasoning tokens in the answer
    cache_read_tokens | int32 | tokens read from the prompt cache
    cache_write_tokens | int32 | tokens written to the prompt cache
    finish_reason | string | why the answer ended
    error_type | string | the error, where there was one
    status | int16 | HTTP status
    duration_ms | int32 | time to the end of the answer
    client_address | string | IPv4 or IPv6 text
    user_agent | string | User-Agent header
    sdk | string | language, version and runtime headers of the client library
    ja4 | string | JA4 fingerprint of the TLS ClientHello
    header_order | string | digest of header names in order
    sample_rate | float32 | share of traffic the log holds; rates are corrected by it
    source | string | format and file it came from
    """,
    key=("exchange_id",),
)

ACCOUNTS = _table(
    "accounts",
    "input",
    "What is known of who made the requests.",
    """
    account_id! | string | the customer account
    created_at | ts | account opened
    organization_id | string | declared organization
    parent_organization_id | string | declared parent organization
    email_domain | string | domain of the sign-up address
    email_digest | string | digest of the sign-up address
    email_pattern | string | local part with letters as `a`, digits as `0`
    phone_digest | string | digest of the phone number
    payment_fingerprint | string | the provider's fingerprint of the payment instrument
    payment_kind | string | `card`, `virtual_card`, `prepaid`, `invoice`, `marketplace`, `crypto`, `none`
    payment_country | string | kept for the provider's records; never evidence
    signup_address | string | address at sign-up
    signup_user_agent | string | User-Agent at sign-up
    signup_ja4 | string | JA4 at sign-up
    program | string | `none`, `education`, `security_research`, `startup`, `free_trial`
    plan | string | price plan
    verification | string | `none`, `email`, `phone`, `document`, `contract`
    declared | names | declared uses: `reseller`, `evaluation`, `batch_annotation`, `red_team`, `distillation_permitted`
    status | string | `active`, `suspended`, `banned`, `closed`
    status_at | ts | since when
    """,
    key=("account_id",),
)

INSTRUMENTS = _table(
    "instruments",
    "input",
    "Payment instruments, several per account; keys are provider-keyed digests, never card digits.",
    """
    account_id! | string | the customer account
    payment_fingerprint | string | fingerprint of the instrument
    kind | string | as `accounts.payment_kind`
    issuer_key | string | digest of the issuer range
    neighbour_key | string | digest shared by neighbouring card numbers
    added_at | ts | instrument added
    """,
    key=("account_id", "payment_fingerprint"),
)

RELEASES = _table(
    "releases",
    "input",
    "When the provider released a model.",
    """
    model! | string | model name
    released_at! | ts | released
    family | string | models that share it are variants of one another; where absent, nothing is said of it
    safeguards | int16 | how strict its safeguards are, higher is stricter; where absent, an older model counts as laxer
    """,
    key=("model",),
)

ENFORCEMENT = _table(
    "enforcement",
    "input",
    "What was done to accounts before.",
    """
    account_id! | string | the customer account
    at! | ts | when
    action! | string | `ban`, `suspend`, `throttle`, `verify`, …
    """,
    key=("account_id", "at", "action"),
)

NETWORKS = _table(
    "networks",
    "input",
    "Kinds of network, from a file the user brings.",
    """
    prefix! | string | network in CIDR text
    asn | int64 | autonomous system number
    kind! | string | `residential`, `mobile`, `hosting`, `vpn`, `cgnat`, `education`, `enterprise_gateway`, `relay`, …
    as_of | ts | date of the source
    """,
    key=("prefix",),
)

REJECTS = _table(
    "rejects",
    "input",
    "Records that could not be read; never their text.",
    """
    file! | string | file the record stands in
    line! | int64 | line or row number, from 1; 0 where the whole file is meant
    reason! | string | what was wrong
    digest | string | digest of the record
    """,
    key=("file", "line", "reason"),
)

KEYS = _table(
    "keys",
    "between",
    "Sketch of each exchange: keyed hashes and counts, no text.",
    """
    exchange_id! | int64 | keyed hash of the exchange id
    account_id! | int64 | keyed hash of the account id
    ts! | ts | request received
    exact_key | int64 | normalised text (case, digits, white space)
    band_1 | int64 | MinHash band over word 3-grams
    band_2 | int64 | MinHash band over word 3-grams
    band_3 | int64 | MinHash band over word 3-grams
    head_key | int64 | first 12 words
    tail_key | int64 | last 12 words
    shingle_1 | int64 | 4-word shingle with the smallest hash in the first 48 words
    shingle_2 | int64 | 4-word shingle with the second smallest hash there
    shingle_3 | int64 | 4-word shingle with the smallest hash in the last 48 words
    shingle_4 | int64 | 4-word shingle with the second smallest hash there
    shape_key | int64 | skeleton of lines: lists, headings, code fences, questions
    tokens | int32 | words in the new input
    intent_reasoning | int16 | reasoning elicitation, in 1/100 bit
    intent_rubric | int16 | rubric grading and judging, in 1/100 bit
    intent_generation | int16 | task and instruction generation, in 1/100 bit
    intent_evolution | int16 | evolving of prompts, in 1/100 bit
    intent_agentic | int16 | tool-use and agent trajectories, in 1/100 bit
    intent_solutions | int16 | problems with worked solutions, in 1/100 bit
    intent_sensitive | int16 | rewriting of sensitive queries, in 1/100 bit
    system_key | int64 | normalised system text
    tools_key | int64 | tool definitions
    schema_key | int64 | required output schema
    params_key | int64 | temperature, top_p, max_tokens, stream, logprobs, reasoning effort
    client_key | int64 | User-Agent, SDK, header order and JA4 together
    user_agent_key | int64 | User-Agent
    sdk_key | int64 | SDK headers
    ja4_key | int64 | JA4
    header_key | int64 | header order
    model_key | int64 | requested model
    pathway_key | int64 | pathway
    api_key_key | int64 | API key id
    organization_key | int64 | organization of the key
    end_user_key | int64 | end-user field
    metadata_key | int64 | request metadata
    address_key | int64 | client address
    net_key | int64 | /24 or /48 of the client address
    network_kind | int16 | code of the kind of network, null if unknown
    asn_key | int64 | autonomous system
    profile_key | int64 | all of the above from `system_key` on together
    prefix_key | int64 | keyed hash of the earlier turns
    next_prefix_key | int64 | keyed hash of earlier turns, input and answer
    turn | int32 | earlier turns carried in the request
    output_tokens | int32 | tokens in the answer
    finish | int16 | 1 stopped, 2 length limit, 3 tool call, 4 error, 0 unknown
    status | int16 | HTTP status
    row | int64 | position in the input; locates the row, decides nothing
    """,
    key=("exchange_id",),
)

HOLDINGS = _table(
    "holdings",
    "between",
    "Which account held which value, how often, when.",
    """
    account_id! | int64 | keyed hash of the account id
    family! | int16 | evidence family, see `model.families`
    kind! | int16 | kind of value, see `model.families`
    value_key! | int64 | keyed hash of the value
    n! | int64 | exchanges, or 1 for a fact about the account
    first_seen | ts | first exchange with it
    last_seen | ts | last exchange with it
    """,
    key=("account_id", "kind", "value_key"),
)

ACTIVITY = _table(
    "activity",
    "between",
    "Exchanges of an account by hour.",
    """
    account_id! | int64 | keyed hash of the account id
    hour! | int64 | hours since 1970-01-01 UTC
    n! | int64 | exchanges
    errors! | int64 | exchanges with status 400 or above
    tokens! | int64 | output tokens
    """,
    key=("account_id", "hour"),
)

TEMPLATES = _table(
    "templates",
    "between",
    "Frames shared by exchanges of several accounts.",
    """
    template_id! | int64 | smallest sketch key of the frame
    signature | string | readable signature with slots; only words used by five or more accounts
    exchanges! | int64 | exchanges that fill it
    accounts! | int64 | accounts that fill it
    fillings! | int64 | distinct fillings
    rarity_bits | float64 | rarity against the reference corpus and the window
    capability | string | what its exchanges ask for
    public | bool | stands in the reference corpus
    """,
    key=("template_id",),
)

EXCHANGE_TEMPLATES = _table(
    "exchange_templates",
    "between",
    "Which frame an exchange fills.",
    """
    exchange_id! | int64 | keyed hash of the exchange id
    account_id! | int64 | keyed hash of the account id
    template_id! | int64 | the frame
    """,
    key=("exchange_id", "template_id"),
)

FACTS = _table(
    "facts",
    "between",
    "What is known of each account, as integers; accounts without a row in `accounts` have nulls.",
    """
    account_id! | int64 | keyed hash of the account id
    created_at | ts | account opened
    organization | int64 | keyed hash of the declared organization (the parent's, where there is one)
    plan | int64 | keyed hash of the price plan
    program | int16 | 0 none, 1 education, 2 security_research, 3 startup, 4 free_trial, 9 other
    payment | int16 | 0 none, 1 card, 2 virtual_card, 3 prepaid, 4 invoice, 5 marketplace, 6 crypto, 9 other
    verification | int16 | 0 none, 1 email, 2 phone, 3 document, 4 contract
    declared | int32 | bits: 1 reseller, 2 evaluation, 4 annotation, 8 red team, 16 may distil, 32 other
    disposable | bool | e-mail domain is a disposable one
    free_email | bool | e-mail domain is a public mail provider
    status | int16 | 0 active, 1 suspended, 2 banned, 3 closed
    status_at | ts | since when
    banned_at | ts | first ban or suspension in `enforcement` or `accounts`
    """,
    key=("account_id",),
)

REASONING = _table(
    "reasoning",
    "between",
    "Reasoning blocks: which exchange returned one, which replayed it.",
    """
    exchange_id! | int64 | keyed hash of the exchange id
    account_id! | int64 | keyed hash of the account id
    ts! | ts | request received
    block_key! | int64 | keyed hash of the block's digest
    returned! | bool | returned by the answer; otherwise replayed in the request
    """,
    key=("exchange_id", "block_key", "returned"),
)

SCORES = _table(
    "scores",
    "between",
    "Values of signals.",
    """
    subject! | int64 | keyed hash of the account id
    signal! | string | signal name
    version! | int32 | signal version
    value! | float64 | in the signal's unit
    n! | int64 | exchanges or items behind the value
    settings | string | settings as JSON
    """,
    key=("subject", "signal"),
)

LINKS = _table(
    "links",
    "between",
    "Validated links: pairs of accounts, and stars (a value held by many).",
    """
    a! | int64 | account, the smaller one
    b! | int64 | account, or the value of a star
    family! | string | evidence family
    bits! | float64 | weight of the link
    p! | float64 | p-value under the configuration model
    kind | string | kind of value
    star | bool | `b` is a value
    """,
    key=("a", "b", "family"),
)

CAMPAIGNS = _table(
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

MEMBERS = _table(
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

MEMBER_EVIDENCE = _table(
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

CAMPAIGN_EXCHANGES = _table(
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

EVIDENCE = _table(
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

HYPOTHESES = _table(
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

INDICATORS = _table(
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

ATTRIBUTIONS = _table(
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

ATTRIBUTION_EVIDENCE = _table(
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

MEASUREMENTS = _table(
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

CAMPAIGN_TEMPLATES = _table(
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

CAMPAIGN_ACTIVITY = _table(
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

REPLAY_CAMPAIGNS = _table(
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

REPLAY_MEMBERS = _table(
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

CAMPAIGN_UPDATES = _table(
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

STATE_CAMPAIGNS = _table(
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

STATE_MEMBERS = _table(
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

STATE_VALUES = _table(
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

TRUTH_ACCOUNTS = _table(
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

TRUTH_CAMPAIGNS = _table(
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

TRUTH_EXCHANGES = _table(
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
