"""Makes `lab/data/fingerprints/clients.json` from recordings; run by maintainers, never by the program.

::

    python -m stillwatch.lab.text.pack_clients --captures DIR --cassettes FILE... --out FILE

`DIR` holds `<capture>.jsonl.gz` (one request a line: `path`, `headers` as pairs, `body`) and
`tls_fingerprints.jsonl.gz`; the files hold requests that other projects recorded (`uri`, `headers`, `body`).
Only names of headers, the client library's own version headers and parameter values are kept.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import msgspec

from stillwatch.ingest.headers import order, sdk
from stillwatch.lab.text.clients import Client
from stillwatch.lab.text.pack import read_records

Pairs: TypeAlias = Sequence[tuple[str, str]]

CAPTURES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {  # capture: kind, row of the TLS recordings
        "distil_distilabel_evol": ("tool", "openai-python 1.61.1 async (httpx)"),
        "distil_distilabel_ultrafeedback": ("tool", "openai-python 1.61.1 async (httpx)"),
        "distil_wizardlm_evol_orig": ("tool", "openai-python 0.27.10 (requests/urllib3)"),
        "distil_alpaca_selfinstruct_orig": ("tool", "openai-python 0.27.10 (requests/urllib3)"),
        "look_lmeval_gsm8k": ("harness", "aiohttp ClientSession (curator's online backend)"),
        "look_promptfoo": ("harness", "node 22.23 fetch (undici)"),
        "look_instructor_classify": ("annotation", "openai-python 3.54.0 async (httpx2)"),
        "look_aider_agent": ("agent", "openai-python 2.30.0 sync (httpx) [curator venv]"),
        "benign_langchain_rag": ("rag", "openai-python 3.54.0 async (httpx2)"),
        "benign_chat_openai": ("chat_app", "openai-python 3.54.0 async (httpx2)"),
    }
)
STACKS: Mapping[str, str] = MappingProxyType(
    {  # start of the User-Agent: row of the TLS recordings with the same HTTP stack
        "OpenAI/v1 PythonBindings": "openai-python 0.27.10 (requests/urllib3)",
        "Together/v1": "requests",
        "python-requests": "requests",
        "OpenAI/": "openai-python 1.61.1 sync (httpx)",
        "AsyncOpenAI/": "openai-python 1.61.1 async (httpx)",
        "AzureOpenAI/": "openai-python 1.61.1 sync (httpx)",
        "AsyncAzureOpenAI/": "openai-python 1.61.1 async (httpx)",
        "Anthropic": "anthropic-python 2.12.0 (httpx2?)",
        "AsyncAnthropic": "anthropic-python 2.12.0 (httpx2?)",
        "Agents/": "openai-python 1.61.1 async (httpx)",
        "Groq/": "openai-python 1.61.1 sync (httpx)",
        "AsyncGroq/": "openai-python 1.61.1 async (httpx)",
        "python-httpx": "openai-python 1.61.1 sync (httpx)",
        "mistral-client-python": "openai-python 1.61.1 sync (httpx)",
        "cohere/": "openai-python 1.61.1 sync (httpx)",
        "ollama-python": "openai-python 1.61.1 sync (httpx)",
        "Python/": "aiohttp ClientSession (curator's online backend)",
    }
)
BARE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {  # bare HTTP stacks of the TLS recordings: User-Agent, header names
        "requests": (
            "python-requests/2.32.5",
            "User-Agent Accept-Encoding Accept Authorization Content-Type",
        ),
        "urllib.request": ("Python-urllib/3.11", "Accept-Encoding Content-type User-agent Authorization"),
        "node 22.23 fetch (undici)": (
            "node",
            "Content-Type Authorization accept accept-language sec-fetch-mode user-agent",
        ),
        "node 20.20 fetch (undici)": (
            "undici",
            "Content-Type Authorization accept accept-language sec-fetch-mode user-agent",
        ),
        "node 22.23 https module": (
            "axios/1.7.9",
            "Accept Content-Type Authorization User-Agent Accept-Encoding",
        ),
        "curl": ("curl/8.5.0", "User-Agent Accept Authorization Content-Type"),
        "wget": ("Wget/1.21.3", "User-Agent Accept Accept-Encoding Authorization Content-Type"),
    }
)
# Fingerprints of browsers as published with the JA4 specification (FoxIO, table of applications)
BROWSERS = (
    ("t13d1516h2_8daaf6152771_b0da82dd1658", "Chrome/{v}.0.0.0 Safari/537.36", "Windows NT 10.0; Win64; x64"),
    (
        "t13d1516h2_8daaf6152771_b0da82dd1658",
        "Chrome/{v}.0.0.0 Safari/537.36",
        "Macintosh; Intel Mac OS X 10_15_7",
    ),
    ("t13d1516h2_8daaf6152771_b0da82dd1658", "Chrome/{v}.0.0.0 Safari/537.36", "X11; Linux x86_64"),
    (
        "t13d1715h2_5b57614c22b0_3d5424432f57",
        "Gecko/20100101 Firefox/{v}.0",
        "Windows NT 10.0; Win64; x64; rv:{v}.0",
    ),
    ("t13d1715h2_5b57614c22b0_3d5424432f57", "Gecko/20100101 Firefox/{v}.0", "X11; Linux x86_64; rv:{v}.0"),
    (
        "t13d2014h2_a09f3c656075_14788d8d241b",
        "AppleWebKit/605.1.15 Version/18.{m} Safari/605.1.15",
        "Macintosh; Intel Mac OS X 10_15_7",
    ),
)
BROWSER_HEADERS = (
    "Accept",
    "Accept-Language",
    "Authorization",
    "Content-Type",
    "Origin",
    "Referer",
    "User-Agent",
)


def pack_clients(captures: Path, cassettes: Iterable[Path]) -> list[Client]:
    """Recorded clients, then those composed of recorded versions and platforms, then browsers."""
    tls = {row["client"]: row["ja4"] for row in read_records(captures / "tls_fingerprints.jsonl.gz")}
    recorded = [
        client
        for capture, (kind, stack) in CAPTURES.items()
        for client in _of_capture(captures / f"{capture}.jsonl.gz", capture, kind, tls[stack])
    ]
    stainless = next(client.headers for client in recorded if client.source == "distil_distilabel_evol")
    named = [client for path in cassettes for client in _of_cassettes(path, tls, stainless)]
    bare = [_bare(stack, agent, names, tls[stack]) for stack, (agent, names) in BARE.items()]
    return [*recorded, *named, *_composed(named), *bare, *_browsers()]


def _of_capture(path: Path, source: str, kind: str, ja4: str) -> Iterator[Client]:
    """One client per combination of headers and parameters in a capture."""
    seen: Counter[Client] = Counter()
    for record in read_records(path):
        if "embeddings" not in record["path"] and isinstance(record["body"], dict):
            seen[_client(record["headers"], record["body"], record["path"], source, kind, ja4)] += 1
    for number, (client, n) in enumerate(seen.most_common(12)):
        yield msgspec.structs.replace(client, name=f"{source}.{number}", weight=n)


def _of_cassettes(path: Path, tls: Mapping[str, str], library_order: Sequence[str]) -> Iterator[Client]:
    """Clients that other projects recorded. Recorders sort headers, so the order is that of the same
    library.
    """
    seen: Counter[Client] = Counter()
    for record in read_records(path):
        agent = next((v for k, v in record["headers"] if k.lower() == "user-agent"), "").strip("b'")
        start = next((start for start in STACKS if agent.startswith(start)), None)
        if not agent or len(agent) > 200:
            continue
        family = agent.split("/")[0]
        stainless = any(k.lower().startswith("x-stainless") for k, _ in record["headers"])
        openai = stainless and "nthropic" not in agent  # the other library's order was not recorded
        headers = library_order if openai else ()
        kind = "agent" if family == "Agents" else "http" if family.startswith("python-") else "sdk"
        ja4 = tls[STACKS[start]] if start else None
        plain = [(k, agent if k.lower() == "user-agent" else v) for k, v in record["headers"]]
        client = _client(plain, {}, None, record["repo"], kind, ja4)
        seen[msgspec.structs.replace(client, headers=tuple(headers), header_order=_digest(headers))] += 1
    for number, (client, n) in enumerate(seen.most_common()):
        yield msgspec.structs.replace(client, name=f"{client.source}.{number}", weight=n)


def _client(
    headers: Pairs, body: Mapping[str, Any], path: str | None, source: str, kind: str, ja4: str | None
) -> Client:
    by_name = {k.lower(): v for k, v in headers}
    names = tuple(k for k, _ in headers)
    return Client(
        name="",
        kind=kind,
        source=source,
        user_agent=by_name.get("user-agent"),
        sdk=sdk(by_name),
        ja4=ja4,
        header_order=_digest(names),
        headers=names,
        path=path,
        temperature=body.get("temperature"),
        top_p=body.get("top_p"),
        max_tokens=body.get("max_tokens") or body.get("max_completion_tokens"),
        stream=body.get("stream"),
        logprobs=body.get("logprobs"),
        tools="tools" in body,
        schema="response_format" in body,
    )


def _digest(names: Sequence[str]) -> str | None:
    return order([(name, "") for name in names]) if names else None


def _composed(named: Sequence[Client]) -> Iterator[Client]:
    """Recorded versions of the common libraries on the platforms that were recorded less often."""
    platforms = ("Linux/x64/CPython/3.11.9", "Linux/x64/CPython/3.12.7", "Linux/arm64/CPython/3.12.4",
                 "Windows/x64/CPython/3.11.4", "Windows/x64/CPython/3.12.1", "MacOS/arm64/CPython/3.12.6",
                 "Linux/x64/CPython/3.10.12", "MacOS/arm64/CPython/3.13.1")  # fmt: skip
    known = {(client.user_agent, client.sdk) for client in named}
    models = {
        client.user_agent: client for client in named if client.sdk and client.sdk.startswith("python/")
    }
    for agent, client in models.items():
        version = str(client.sdk).split("/")[1]
        for number, platform in enumerate(platforms):
            text = f"python/{version}/{platform}"
            if (agent, text) not in known:
                name = f"composed.{agent}.{number}"
                yield msgspec.structs.replace(client, name=name, source="composed", sdk=text, weight=3)


def _bare(stack: str, agent: str, names: str, ja4: str) -> Client:
    headers = tuple(names.split())
    return Client(
        name=f"bare.{stack}", kind="http", source="tls_fingerprints", user_agent=agent, ja4=ja4,
        headers=headers, header_order=_digest(headers), weight=5,
    )  # fmt: skip


def _browsers() -> Iterator[Client]:
    for ja4, product, platform in BROWSERS:
        for recent in range(6):
            values = {"v": 141 + recent, "m": recent}
            agent = f"Mozilla/5.0 ({platform.format(**values)}) {product.format(**values)}"
            if "Chrome" in product:
                agent = agent.replace(") Chrome", ") AppleWebKit/537.36 (KHTML, like Gecko) Chrome")
            yield Client(
                name=f"browser.{platform[:9]}.{product[:6]}.{recent}", kind="browser", source="published",
                user_agent=agent, ja4=ja4, headers=BROWSER_HEADERS, header_order=_digest(BROWSER_HEADERS),
                weight=(1, 2, 4, 12, 30, 8)[recent],
            )  # fmt: skip


def main() -> None:
    """Write the file of clients."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--captures", type=Path, required=True)
    parser.add_argument("--cassettes", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    clients = pack_clients(chosen.captures, chosen.cassettes)
    lines = ",\n".join(json.dumps(msgspec.to_builtins(client), ensure_ascii=False) for client in clients)
    chosen.out.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
