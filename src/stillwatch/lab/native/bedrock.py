"""Amazon Bedrock: the model invocation log, with bodies of Anthropic models; a streamed answer is a list."""

from __future__ import annotations

import msgspec

from stillwatch.lab.native.anthropic_bodies import answer, events, request
from stillwatch.lab.native.dataset import Record
from stillwatch.lab.native.litellm import stamp
from stillwatch.lab.native.talks import Talks

CARRIES = (
    "exchange_id", "ts", "model", "system_text", "prompt_text", "response_text", "temperature", "top_p",
    "input_tokens", "output_tokens", "end_user", "prefix_key", "next_prefix_key", "tool_names",
)  # fmt: skip
ACCOUNT = "000000000000"
REGION = "eu-west-1"


def lines(row: Record, talks: Talks) -> list[bytes]:
    """One log record."""
    streamed = bool(row.get("stream"))
    body = request(row, talks.turns(row))
    body.pop("stream", None)
    sent = {"inputContentType": "application/json", "inputTokenCount": row.get("input_tokens", 0)}
    failed = "error_type" in row
    record: Record = {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": stamp(row["ts"]),
        "accountId": ACCOUNT,
        "region": REGION,
        "inferenceRegion": REGION,
        "requestId": row["exchange_id"],
        "operation": "InvokeModelWithResponseStream" if streamed else "InvokeModel",
        "modelId": row["model"],
        "identity": {"arn": f"arn:aws:iam::{ACCOUNT}:user/{row['account_id']}"},
        "input": {**sent, "inputBodyJson": {"anthropic_version": "bedrock-2023-05-31", **body}},
    }
    if "request_metadata" in row:
        record["requestMetadata"] = dict(row["request_metadata"])
    if failed:
        record["errorCode"] = row["error_type"]
    else:
        given = events(row) if streamed else answer(row)
        counted = {"outputContentType": "application/json", "outputTokenCount": row.get("output_tokens", 0)}
        record["output"] = {**counted, "outputBodyJson": given}
    return [msgspec.json.encode(record)]
