"""Client software as it shows in request headers and parameters, from recordings of the real thing."""

from __future__ import annotations

from importlib.resources import files

import msgspec


class Client(msgspec.Struct, frozen=True, omit_defaults=True):
    """One combination of client software, version and platform, and the parameters it sends if left alone.

    `kind`: `tool` (distillation tool), `harness`, `annotation`, `rag`, `agent`, `chat_app`, `sdk`, `http`
    (bare HTTP library), `browser`. `headers` are header names in the order and case sent; `header_order` is
    their digest. `weight` is how common it is among its kind, 1 = recorded once. None = not sent or not
    known.
    """

    name: str
    kind: str
    source: str
    user_agent: str | None = None
    sdk: str | None = None
    ja4: str | None = None
    header_order: str | None = None
    headers: tuple[str, ...] = ()
    path: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stream: bool | None = None
    logprobs: bool | None = None
    tools: bool = False
    schema: bool = False
    weight: int = 1


def load_clients() -> list[Client]:
    """All clients of the package, in a fixed order."""
    path = files("stillwatch.lab").joinpath("data", "fingerprints", "clients.json")
    return msgspec.json.decode(path.read_bytes(), type=list[Client])
