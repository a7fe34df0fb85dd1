"""The reference corpus: public text whose sharing proves nothing. Part of `pack_frames`."""

from __future__ import annotations

import re
import textwrap
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from stillwatch.lab.text.pack import read_records
from stillwatch.lab.text.pack_slots import LOGIC, VARIABLE
from stillwatch.lab.text.scrub import RULES

PROMPT_KEYS = ("description", "doc_to_text", "system_template", "instance_template", "next_step_template")
AWKWARD = re.compile(r'"""|\w/\w')  # quotes of our own files; words with a stroke, which look like paths


def pack_reference(collections: Path) -> pa.Table:
    """The reference corpus: columns text, source, licence. Public text whose sharing proves nothing."""
    rows = [(text, source, licence) for source, licence, texts in _reference(collections) for text in texts]
    cleaned = dict.fromkeys(
        (text[:6000], source, licence) for text, source, licence in rows if len(text) > 15
    )
    texts, sources, licences = zip(*cleaned, strict=True)
    schema = pa.schema([("text", pa.large_string()), ("source", pa.string()), ("licence", pa.string())])
    return pa.table([list(texts), list(sources), list(licences)], schema=schema)


def _reference(collections: Path) -> Iterator[tuple[str, str, list[str]]]:
    templates = list(read_records(collections / "lookalike_templates_open/templates.jsonl.gz"))
    for source, project in (("lm_eval", "EleutherAI"), ("swe_agent", "SWE-agent")):
        chosen = [t["text"] for t in templates if t["project"].startswith(project)]
        yield source, "MIT", [slot_free(text) for raw in chosen for text in prompts_in(raw)]
    bench = collections / "mt_bench"
    judges = [
        f"{r['system_prompt']}\n{r['prompt_template']}" for r in read_records(bench / "judge_prompts.jsonl")
    ]
    turns = [
        t
        for name in ("mt_bench", "vicuna")
        for r in read_records(bench / f"{name}.jsonl")
        for t in r["turns"]
    ]
    yield "mt_bench", "Apache-2.0", judges + turns
    public = [
        r["prompt"] for r in read_records(collections / "awesome_prompts/prompts.jsonl.gz") if is_public(r)
    ]
    yield "awesome_reference", "CC0-1.0", [p for p in public if zlib.crc32(p.encode()) % 3]


def is_public(record: Mapping[str, Any]) -> bool:
    """Whether a prompt is short and free of links, mail addresses and handles."""
    text = record["prompt"]
    return (
        60 < len(text) < 1_200
        and not any(pattern.search(text) for pattern, _ in RULES)
        and not AWKWARD.search(text)
    )


def slot_free(text: str) -> str:
    """The text with the variables of its template language taken out."""
    return VARIABLE.sub("", LOGIC.sub("", text)).strip()


def prompts_in(document: str, keys: Sequence[str] = PROMPT_KEYS) -> list[str]:
    """The prompt texts of a YAML configuration: descriptions, questions and templates."""
    found = re.findall(rf"(?m)^( *)({'|'.join(keys)}):(.*(?:\n(?:\1 +.*|\s*$))*)", document)
    return [textwrap.dedent(body).strip(" |->'\"\n").replace("\\n", "\n") for _, _, body in found]
