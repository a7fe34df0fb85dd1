"""Makes frames and the reference corpus from public template collections; run by maintainers, never by the program.

::

    python -m stillwatch.lab.text.pack_frames --collections DIR --captures DIR --out src/stillwatch/lab/data/text

`DIR` holds `distill_templates_open/templates.jsonl.gz` and `lookalike_templates_open/templates.jsonl.gz` (records with
project, path, name, text), `awesome_prompts/prompts.jsonl.gz` and `mt_bench/*.jsonl`; the captures are those of
`pack_clients`. What becomes a frame, of which kind and source, is listed in `selection.toml` beside the frames. The
variables of a template become slots; loops and conditions of template languages are dropped.
"""

from __future__ import annotations

import argparse
import re
import textwrap
import tomllib
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.lab.text.library import HARVEST
from stillwatch.lab.text.pack import read_records
from stillwatch.lab.text.scrub import RULES, scrub

LONGEST = 1_800  # letters of a prompt or system text; longer ones are cut at a paragraph
# what the variables of the tools' templates are filled with
VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "instruction": "ask", "prompt": "ask", "task": "ask", "query": "ask", "seed_question": "ask", "input": "ask",
        "question": "question", "problem": "problem", "document": "passage", "text": "passage", "context": "passage",
        "paragraph": "passage", "content": "passage", "facts": "passage_short", "seed_context": "passage_short",
        "generation": "answer", "response": "answer", "answer": "answer", "reference": "answer_short",
        "seed_response": "answer_short", "solutions": "answers_listed", "responses": "answers_listed", "output": "answer",
        "domain": "topic", "topic": "topic", "topic_name": "topic", "subtopic": "topic", "task_description": "ask_short",
        "icl_query_1": "ask", "icl_query_2": "ask", "icl_query_3": "ask", "rubric": "sentence", "difficulty": "difficulty",
        "num_solutions": "few", "n": "few", "m": "few", "number": "few", "num_samples": "few", "num_instructions": "few",
        "no_texts": "few", "max_subtopics": "few", "total_code_executions": "few", "language": "language", "method": "method",
        "func_name": "tool_name", "func_desc": "tool_described", "func_call": "tool_call", "execution_result": "tool_result",
        "max_idx": "few", "index": "few", "loop": "few", "student_solution": "answer", "high_score": "few",
        "low_score": "few", "teacher_reasoning": "plain_reasoning", "corrected_student_solution": "plain_solution",
        "question_answer_pairs_string": "answers_listed", "conversation_instructions": "criteria", "emotion": "topic",
        "atomic_facts": "passage_short", "additional_dataset_context": "sentence", "unit": "unit", "clarity": "clarity", "query_type": "clarity", "query_length": "brevity",
        "num_words": "hundreds", "source_language": "language", "target_language": "language", "format_inst": "",
        "parallel_queries": "", "examples": "", "criteria_for_query_generation": "criteria", "document_outline": "topic",
        "answer_a": "answer", "answer_b": "answer", "answer_1": "answer", "answer_2": "answer", "ref_answer_1": "answer",
        "ref_answer_2": "answer", "question_1": "question", "question_2": "question", "problem_statement": "code_ask",
        "working_dir": "identifier", "command_docs": "tool_described", "observation": "tool_result",
        "open_file": "identifier", "repo": "identifier", "ref_answer": "answer",
        "application_description": "application", "title": "topic", "story": "passage", "conversation": "passage",
    }
)  # fmt: skip
PROMPT_KEYS = ("description", "doc_to_text", "system_template", "instance_template", "next_step_template")
VARIABLE = re.compile(r"\{\{-?\s*([a-zA-Z_0-9]+)[^{}]*\}\}|(?<![{$\\\w])\{([a-z_]+[0-9]?)\}(?!\})")
LOGIC = re.compile(r"\{%.*?%\}\n?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Made:
    """A frame as it is written out."""

    kind: str
    source: str
    text: str
    system: str = ""


def pack_tools(collections: Path, selection: Sequence[Mapping[str, Any]]) -> list[Made]:
    """Frames of the distillation tools' own templates."""
    texts: dict[tuple[str, str], str] = {}
    for folder in ("distill_templates_open", "lookalike_templates_open"):
        for record in read_records(collections / folder / "templates.jsonl.gz"):
            texts[record["path"], record["name"]] = record["text"]
    return [_frame(entry, texts) for entry in selection]


def _frame(entry: Mapping[str, Any], texts: Mapping[tuple[str, str], str]) -> Made:
    """One entry: `path` (and `name`) of the prompt; `keys` are the YAML keys whose blocks are joined, in order."""
    raw = texts[entry["path"], entry.get("name", "file")]
    system = texts[entry["system_path"], entry["system_name"]] if "system_path" in entry else ""
    if "keys" in entry:
        raw, system = _joined(raw, entry["keys"]), _joined(raw, entry.get("system_keys", ()))
    text = _cut(raw) + entry.get("after", "")
    return Made(entry["kind"], entry["source"], slots(text), slots(_cut(system), fixed=True))


def slots(template: str, *, fixed: bool = False) -> str:
    """The template with its variables as slots (or, where `fixed`, as plain words); the n-th use is another filling."""
    seen: Counter[str] = Counter()

    def slot(found: re.Match[str]) -> str:
        name = VARIABLES.get((found[1] or found[2]).lower(), "" if "example" in found[0] else "ask_short")
        if fixed or not name:
            return "the given one" if fixed else ""
        seen[name] += 1
        return "{{" + name + (f"#{seen[name]}" if seen[name] > 1 else "") + "}}"

    plain = (
        LOGIC.sub("", template).replace("<PROMPT>", "{{ prompt }}").replace("<RESPONSE>", "{{ response }}")
    )
    plain = re.sub(r"\n\{\}\s*\n", "\n{{ method }}\n", plain)
    parts = VARIABLE.sub(slot, scrub(plain))
    return re.sub(r"\n{3,}", "\n\n", parts).strip()


def _joined(document: str, keys: Sequence[str]) -> str:
    return "\n\n".join(filter(None, (_block(document, key) for key in keys)))


def _block(document: str, key: str) -> str:
    """Text under a key of a simple YAML file; `role system` means the content of that turn."""
    role, _, name = key.partition(" ")
    start = re.search(rf"- role: {name}\b.*?\n" if name else rf"(?m)^{role}:", document, re.DOTALL)
    if start is None:
        return ""
    rest = document[start.end() :]
    if name:
        rest = rest.split("content:", 1)[1].split("\n- role:", 1)[0]
    head, _, body = rest.partition("\n")
    if head.strip(" |->#").strip('"') and not head.strip().startswith("|"):
        return head.strip().strip('"')
    lines = []
    for line in body.split("\n"):
        if line.strip() and not line.startswith(" "):
            break
        lines.append(line)
    return textwrap.dedent("\n".join(lines)).strip()


def _cut(text: str) -> str:
    """The text up to the last paragraph that fits, its last paragraph (where the variables are) kept."""
    parts = text.split("\n\n")
    while len("\n\n".join(parts)) > LONGEST and len(parts) > 2:
        del parts[-2]
    return "\n\n".join(parts)


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
        yield source, "MIT", [slot_free(text) for raw in chosen for text in _prompts_in(raw)]
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


def pack_awesome(collections: Path) -> list[Made]:
    """Public persona prompts that are not in the reference corpus: templates which people share all the same."""
    records = read_records(collections / "awesome_prompts/prompts.jsonl.gz")
    kept = (r["prompt"] for r in records if is_public(r) and zlib.crc32(r["prompt"].encode()) % 3 == 0)
    return [
        Made("persona", "awesome_prompts", text.replace("{{", "{ {").replace("}}", "} }")) for text in kept
    ]


def pack_public(collections: Path) -> list[Made]:
    """Frames of public judges and agents: the same for everybody who uses them."""
    judges = [
        Made("judge", "mt_bench", slots(r["prompt_template"]), slots(r["system_prompt"], fixed=True))
        for r in read_records(collections / "mt_bench/judge_prompts.jsonl")
    ]
    agents: dict[tuple[str, str], Made] = {}
    for record in read_records(collections / "lookalike_templates_open/templates.jsonl.gz"):
        if record["project"].startswith("SWE-agent"):
            keys = ("system_template", "instance_template")
            system, turn = (next(iter(_prompts_in(record["text"], (key,))), "") for key in keys)
            if system and turn:
                agents[system, turn] = Made(
                    "agent", "swe_agent", slots(_cut(turn)), slots(_cut(system), fixed=True)
                )
    return judges + list(agents.values())


def is_public(record: Mapping[str, Any]) -> bool:
    """Whether a prompt is short and free of links, mail addresses and handles."""
    text = record["prompt"]
    return (
        60 < len(text) < 1_200 and not any(pattern.search(text) for pattern, _ in RULES) and '"""' not in text
    )


def slot_free(text: str) -> str:
    """The text with the variables of its template language taken out."""
    return VARIABLE.sub("", LOGIC.sub("", text)).strip()


def _prompts_in(document: str, keys: Sequence[str] = PROMPT_KEYS) -> list[str]:
    """The prompt texts of a YAML configuration: descriptions, questions and templates."""
    found = re.findall(rf"(?m)^( *)({'|'.join(keys)}):(.*(?:\n(?:\1 +.*|\s*$))*)", document)
    return [textwrap.dedent(body).strip(" |->'\"\n").replace("\\n", "\n") for _, _, body in found]


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
    selection = tomllib.loads((chosen.out / "selection.toml").read_text("utf-8"))["take"]
    made = pack_tools(chosen.collections, selection) + pack_captured(chosen.captures)
    made += pack_public(chosen.collections)
    write_frames(made + pack_awesome(chosen.collections), chosen.out / "frames")
    table = pack_reference(chosen.collections)
    pq.write_table(table, chosen.out / "reference.parquet", compression="zstd", compression_level=19)


if __name__ == "__main__":
    main()
