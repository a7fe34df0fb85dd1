"""Chunks of a streamed answer, put together into the answer they make up."""

from __future__ import annotations

from typing import Any

from stillwatch.ingest.coerce import mapping, sequence, text


def assemble(chunks: list[Any]) -> dict[str, Any]:
    """One answer from a list of stream chunks of OpenAI, Anthropic, Converse, Titan, Llama or Cohere.

    The result has Anthropic's shape (`content` blocks, `stop_reason`, `usage`), which `answers` reads.
    """
    answer = _Answer()
    for chunk in chunks:
        if isinstance(chunk, dict):
            answer.add(chunk)
    return answer.body()


class _Answer:
    """An answer that grows chunk by chunk; blocks are kept by their index."""

    def __init__(self) -> None:
        self.blocks: dict[Any, dict[str, Any]] = {}
        self.usage: dict[str, Any] = {}
        self.stop: str | None = None
        self.model: str | None = None

    def add(self, chunk: dict[str, Any]) -> None:
        self.model = self.model or text(chunk.get("model"))
        choices = chunk.get("choices")
        if isinstance(choices, list):
            self._openai(choices)
        elif isinstance(chunk.get("response"), dict) and str(chunk.get("type", "")).startswith("response."):
            self._responses(chunk["response"])
        else:
            self._event(chunk)
            self._flat(chunk)
        self._count(chunk)

    def body(self) -> dict[str, Any]:
        content = [block for _, block in sorted(self.blocks.items(), key=lambda item: str(item[0]).zfill(8))]
        for block in content:
            if "_arguments" in block:
                block["input"] = block.pop("_arguments")
        found: dict[str, Any] = {"content": content, "usage": self.usage}
        if self.stop:
            found["stop_reason"] = self.stop
        if self.model:
            found["model"] = self.model
        return found

    def _openai(self, choices: list[Any]) -> None:
        for choice in choices[:1]:
            if not isinstance(choice, dict) or choice.get("index", 0) != 0:
                continue
            self.stop = text(choice.get("finish_reason")) or self.stop
            delta = mapping(choice.get("delta"))
            self._append(0, "text", delta.get("content", choice.get("text")))
            for call in sequence(delta.get("tool_calls")):
                function = mapping(mapping(call).get("function"))
                place = f"1{mapping(call).get('index', 0)}"
                if function.get("name"):
                    self.blocks.setdefault(place, {"type": "tool_use", "name": function["name"]})
                self._append(place, "_arguments", function.get("arguments"))

    def _responses(self, response: dict[str, Any]) -> None:
        """The last event of a Responses stream holds the whole answer."""
        output = response.get("output")
        if isinstance(output, list) and output:
            self.blocks = {i: item for i, item in enumerate(output) if isinstance(item, dict)}
            self.stop = text(response.get("status"))
        self.usage |= mapping(response.get("usage"))

    def _event(self, chunk: dict[str, Any]) -> None:
        """Anthropic events, and Converse events, which carry the event's name as the key."""
        start = mapping(chunk.get("contentBlockStart"))
        moved = mapping(chunk.get("contentBlockDelta"))
        given = chunk.get("index", start.get("contentBlockIndex", moved.get("contentBlockIndex", 0)))
        place = given if isinstance(given, int) else 0
        block = chunk.get("content_block")
        if isinstance(block, dict):
            self.blocks[place] = {k: v for k, v in block.items() if k != "input"}
        tool = mapping(mapping(start.get("start")).get("toolUse"))
        if tool:
            self.blocks[place] = {"type": "tool_use", "name": tool.get("name")}
        delta = mapping(chunk.get("delta")) or mapping(moved.get("delta"))
        if delta:
            self._delta(place, delta)
        message = mapping(chunk.get("message"))
        self.model = self.model or text(message.get("model"))
        self.usage |= mapping(message.get("usage"))
        stop = mapping(chunk.get("messageStop"))
        self.stop = text(stop.get("stopReason")) or self.stop

    def _delta(self, place: Any, delta: dict[str, Any]) -> None:
        self._append(place, "text", delta.get("text"))
        self._append(place, "_arguments", delta.get("partial_json"))
        self._append(place, "_arguments", mapping(delta.get("toolUse")).get("input"))
        self._append(place, "signature", delta.get("signature"))
        reasoning = mapping(delta.get("reasoningContent"))
        for key in ("signature", "redactedContent"):
            if reasoning.get(key):
                self.blocks.setdefault(place, {"type": "thinking"})
                self._append(place, "signature", reasoning[key])
        if delta.get("thinking") or reasoning.get("text"):
            self.blocks.setdefault(place, {"type": "thinking"})
        self.stop = text(delta.get("stop_reason")) or self.stop

    def _flat(self, chunk: dict[str, Any]) -> None:
        """Titan, Llama, Mistral, Cohere: each chunk holds a piece of the text."""
        outputs = chunk.get("outputs")
        piece = (
            outputs[0] if isinstance(outputs, list) and outputs and isinstance(outputs[0], dict) else chunk
        )
        if "content_block" in chunk or "delta" in chunk:
            return
        for key in ("outputText", "generation", "completion", "text"):
            self._append(0, "text", piece.get(key))
        for key in ("completionReason", "stop_reason", "finish_reason"):
            self.stop = text(piece.get(key)) or self.stop

    def _count(self, chunk: dict[str, Any]) -> None:
        self.usage |= mapping(chunk.get("usage"))
        self.usage |= mapping(mapping(chunk.get("metadata")).get("usage"))
        metrics = mapping(chunk.get("amazon-bedrock-invocationMetrics"))
        for name, key in (("input_tokens", "inputTokenCount"), ("output_tokens", "outputTokenCount")):
            if key in metrics:
                self.usage[name] = metrics[key]

    def _append(self, place: Any, key: str, piece: Any) -> None:
        if isinstance(piece, str) and piece:
            block = self.blocks.setdefault(place, {"type": "text"} if key == "text" else {"type": "tool_use"})
            block[key] = str(block.get(key) or "") + piece
