"""Tables between the stages of a scan: integers and keyed hashes, no text."""

from __future__ import annotations

from stillwatch.model.table import described

KEYS = described(
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

HOLDINGS = described(
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

ACTIVITY = described(
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

TEMPLATES = described(
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

EXCHANGE_TEMPLATES = described(
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

FACTS = described(
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

REASONING = described(
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

SCORES = described(
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

LINKS = described(
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
