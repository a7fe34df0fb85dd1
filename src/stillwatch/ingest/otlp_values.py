"""Attributes of OpenTelemetry as plain values: unwrapped from OTLP JSON, put together from numbered names."""

from __future__ import annotations

from typing import Any

Attributes = dict[str, Any]


def attributes(items: Any) -> Attributes:
    """A list of OTLP key–value objects as names and plain values; other shapes give none."""
    if isinstance(items, dict):  # some exporters write attributes as an object already
        return items
    if not isinstance(items, list):
        return {}
    return {
        item["key"]: value(item.get("value"))
        for item in items
        if isinstance(item, dict) and isinstance(item.get("key"), str)
    }


def value(wrapped: Any) -> Any:
    """The plain value inside an OTLP `AnyValue`."""
    if not isinstance(wrapped, dict):
        return wrapped
    for key in ("stringValue", "boolValue", "doubleValue", "bytesValue"):
        if key in wrapped:
            return wrapped[key]
    if "intValue" in wrapped:
        number = wrapped["intValue"]
        return int(number) if isinstance(number, str) and number.lstrip("-").isdecimal() else number
    if "arrayValue" in wrapped:
        inner = wrapped["arrayValue"]
        values = inner.get("values") if isinstance(inner, dict) else None
        return [value(item) for item in values] if isinstance(values, list) else []
    if "kvlistValue" in wrapped:
        inner = wrapped["kvlistValue"]
        return attributes(inner.get("values") if isinstance(inner, dict) else None)
    return None


def numbered(given: Attributes, prefix: str) -> list[Any]:
    """Objects put together from names like `prefix.0.role`, in the order of their numbers.

    >>> numbered({"p.1.role": "user", "p.0.role": "system", "p.0.parts.0.text": "Hi"}, "p.")
    [{'role': 'system', 'parts': [{'text': 'Hi'}]}, {'role': 'user'}]
    """
    root: dict[str, Any] = {}
    for name, item in given.items():
        if name.startswith(prefix):
            _place(root, name[len(prefix) :].split("."), item)
    found = _lists(root)
    return found if isinstance(found, list) else []


def _place(node: dict[str, Any], path: list[str], item: Any) -> None:
    for step in path[:-1]:
        inner = node.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        node = inner
    node[path[-1]] = item


def _lists(node: Any) -> Any:
    """Objects whose names are all numbers become lists."""
    if not isinstance(node, dict):
        return node
    if node and all(name.isdecimal() and len(name) < 6 for name in node):
        return [_lists(node[name]) for name in sorted(node, key=int)]
    return {name: _lists(inner) for name, inner in node.items()}
