"""Tables that a scan reads, and what could not be read of a log."""

from __future__ import annotations

from stillwatch.model.table import described

EXCHANGES = described(
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

ACCOUNTS = described(
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

INSTRUMENTS = described(
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

RELEASES = described(
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

ENFORCEMENT = described(
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

NETWORKS = described(
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

REJECTS = described(
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
