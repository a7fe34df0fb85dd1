"""Makes frames and the reference corpus from public template collections; run by maintainers only.

::

    python -m stillwatch.lab.text.pack_frames --collections DIR --captures DIR --out DATA

`DIR` holds `distill_templates_open/templates.jsonl.gz` and `lookalike_templates_open/templates.jsonl.gz`
(records with project, path, name, text), `awesome_prompts/prompts.jsonl.gz` and `mt_bench/*.jsonl`; the
captures are those of `pack_clients`; `DATA` is `src/stillwatch/lab/data/text`. What becomes a frame, of which
kind and source, and what fills its variables stands in `selection.toml` there. Loops and conditions of
template languages are dropped.
"""

from __future__ import annotations

import argparse
import re
import tomllib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from stillwatch.lab.text.library import HARVEST
from stillwatch.lab.text.pack import read_records
from stillwatch.lab.text.pack_reference import is_public, pack_reference, prompts_in
from stillwatch.lab.text.pack_slots import cut, joined, slots


@dataclass(frozen=True, slots=True)
class Made:
    """A frame as it is written out."""

    kind: str
    source: str
    text: str
    system: str = ""


def pack_tools(collections: Path, selection: Mapping[str, Any]) -> list[Made]:
    """Frames of the distillation tools' own templates."""
    texts: dict[tuple[str, str], str] = {}
    for folder in ("distill_templates_open", "lookalike_templates_open"):
        for record in read_records(collections / folder / "templates.jsonl.gz"):
            texts[record["path"], record["name"]] = record["text"]
    return [_frame(entry, texts, selection["variables"]) for entry in selection["take"]]


def _frame(
    entry: Mapping[str, Any], texts: Mapping[tuple[str, str], str], variables: Mapping[str, str]
) -> Made:
    """One entry: `path` (and `name`) of the prompt; `keys` are the YAML keys whose blocks are joined, in
    order.
    """
    raw = texts[entry["path"], entry.get("name", "file")]
    system = texts[entry["system_path"], entry["system_name"]] if "system_path" in entry else ""
    if "keys" in entry:
        raw, system = joined(raw, entry["keys"]), joined(raw, entry.get("system_keys", ()))
    text = cut(raw) + entry.get("after", "")
    return Made(
        entry["kind"], entry["source"], slots(text, variables), slots(cut(system), variables, fixed=True)
    )


def pack_captured(captures: Path) -> list[Made]:
    """Frames of the original Evol-Instruct script, from its recorded requests."""
    found: dict[str, Made] = {}
    for record in read_records(captures / "distil_wizardlm_evol_orig.jsonl.gz"):
        system, turn = (message["content"] for message in record["body"]["messages"])
        head = re.match(
            r"(.*?#(?:The )?Given Prompt#: \r\n) (.*)\r\n \r\n(#\w+ Prompt#:\r\n)$", turn, re.DOTALL
        )
        if head and head[1] not in found:
            found[head[1]] = Made("evolution", "wizardlm", f"{head[1]} {{{{ask}}}}\r\n \r\n{head[3]}", system)
    return list(found.values())


def pack_awesome(collections: Path) -> list[Made]:
    """Public persona prompts that are not in the reference corpus: templates which people share all the
    same.
    """
    records = read_records(collections / "awesome_prompts/prompts.jsonl.gz")
    kept = (r["prompt"] for r in records if is_public(r) and zlib.crc32(r["prompt"].encode()) % 3 == 0)
    return [
        Made("persona", "awesome_prompts", text.strip().replace("{{", "{ {").replace("}}", "} }"))
        for text in kept
    ]


def pack_public(collections: Path, variables: Mapping[str, str]) -> list[Made]:
    """Frames of public judges and agents: the same for everybody who uses them."""
    judges = [
        Made(
            "judge",
            "mt_bench",
            slots(r["prompt_template"], variables),
            slots(r["system_prompt"], variables, fixed=True),
        )
        for r in read_records(collections / "mt_bench/judge_prompts.jsonl")
    ]
    agents: dict[tuple[str, str], Made] = {}
    for record in read_records(collections / "lookalike_templates_open/templates.jsonl.gz"):
        if record["project"].startswith("SWE-agent"):
            keys = ("system_template", "instance_template")
            system, turn = (next(iter(prompts_in(record["text"], (key,))), "") for key in keys)
            if system and turn:
                agents[system, turn] = Made(
                    "agent",
                    "swe_agent",
                    slots(cut(turn), variables),
                    slots(cut(system), variables, fixed=True),
                )
    return judges + list(agents.values())


def write_frames(made: Sequence[Made], folder: Path) -> None:
    """One TOML file per source."""
    for source in sorted({frame.source for frame in made}):
        lines = [f"source = {quoted(source)}"]
        for frame in (frame for frame in made if frame.source == source):
            lines += ["", "[[frame]]", f"kind = {quoted(frame.kind)}", f"text = {quoted(frame.text)}"]
            lines += [f"system = {quoted(frame.system)}"] if frame.system else []
            lines += ["rewordable = true"] if frame.kind in HARVEST else []
        (folder / f"{source}.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def quoted(text: str) -> str:
    """A TOML string: several lines where the text has them."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r").replace("\t", "\\t")
    control = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
    escaped = control.sub("", escaped)
    return f'"""\n{escaped}"""' if "\n" in escaped else f'"{escaped}"'


def main() -> None:
    """Write frames and the reference corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collections", type=Path, required=True)
    parser.add_argument("--captures", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    selection = tomllib.loads((chosen.out / "selection.toml").read_text("utf-8"))
    made = pack_tools(chosen.collections, selection) + pack_captured(chosen.captures)
    made += pack_public(chosen.collections, selection["variables"])
    write_frames(made + pack_awesome(chosen.collections), chosen.out / "frames")
    table = pack_reference(chosen.collections)
    pq.write_table(table, chosen.out / "reference.parquet", compression="zstd", compression_level=19)


if __name__ == "__main__":
    main()
