"""Prompt templates of other tools as frames: their variables become slots. Part of `pack_frames`."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence

from stillwatch.lab.text.scrub import scrub

LONGEST = 1_800  # letters of a prompt or system text; longer ones are cut at a paragraph
VARIABLE = re.compile(r"\{\{-?\s*\(?([a-zA-Z_0-9]+)[^{}]*\}\}|(?<![{$\\\w])\{([a-z_]+[0-9]?)\}(?!\})")
LOGIC = re.compile(r"\{%.*?%\}\n?", re.DOTALL)


def slots(template: str, variables: Mapping[str, str], *, fixed: bool = False) -> str:
    """The template with its variables as slots, or as plain words where `fixed`.

    `variables` says what each is filled with; the n-th use of one is another filling.
    """
    seen: Counter[str] = Counter()

    def slot(found: re.Match[str]) -> str:
        name = variables.get((found[1] or found[2]).lower(), "" if "example" in found[0] else "ask_short")
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


def joined(document: str, keys: Sequence[str]) -> str:
    """Blocks of a YAML document under these keys, with empty lines between."""
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


def cut(text: str) -> str:
    """The text up to the last paragraph that fits, its last paragraph (where the variables are) kept."""
    parts = text.split("\n\n")
    while len("\n\n".join(parts)) > LONGEST and len(parts) > 2:
        del parts[-2]
    return "\n\n".join(parts)
