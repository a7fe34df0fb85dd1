"""Leaving evidence out on request: a family everywhere, or the text columns, to see what they are worth.

A family that is left out leaves holdings (so linking), the facts of accounts, templates and measurements, or it
would leak back into the verdict.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from stillwatch.model.engine import Tables
from stillwatch.model.errors import UsageError
from stillwatch.model.families import FAMILIES, family_code

TEXT = "text"
TEXT_COLUMNS = ("system_text", "prompt_text", "response_text")
# columns of `facts` that belong to a family; `status` and `banned_at` say what was done, not who somebody is
FACTS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "identity": (
            "created_at", "organization", "plan", "program", "verification", "declared", "disposable",
            "free_email",
        ),
        "payment": ("payment",),
        "timing": ("created_at",),
    }
)  # fmt: skip
# columns of `keys` that say what was asked
CONTENT_KEYS = frozenset(
    {
        "exact_key", "band_1", "band_2", "band_3", "head_key", "tail_key", "shingle_1", "shingle_2", "shingle_3",
        "shingle_4", "shape_key", "tokens", "intent_reasoning", "intent_rubric", "intent_generation",
        "intent_evolution", "intent_agentic", "intent_solutions", "intent_sensitive", "system_key", "tools_key",
        "schema_key",
    }
)  # fmt: skip


def read_without(values: Sequence[str]) -> tuple[str, ...]:
    """What `--without` names, each value a name or several with commas between; in one order, each once.

    Raises `UsageError` for a name that is neither a family nor `text`.
    """
    known = (*FAMILIES, TEXT)
    named = {name.strip().lower() for value in values for name in value.split(",") if name.strip()}
    unknown = sorted(named - set(known))
    if unknown:
        raise UsageError(
            f"--without {unknown[0]!r} is not a family of evidence", remedy=f"Use some of {', '.join(known)}"
        )
    return tuple(name for name in known if name in named)


def hidden_columns(without: Sequence[str]) -> frozenset[str]:
    """Columns of `exchanges` that are not to be read."""
    return frozenset(TEXT_COLUMNS if TEXT in without else ())


def leave_out(t: Tables, without: Sequence[str]) -> None:
    """Take the families out of `holdings`, `facts` and the tables of templates, before anything is linked."""
    families = [name for name in without if name in FAMILIES]
    if not families:
        return
    codes = ", ".join(str(family_code(name)) for name in families)
    t.define("holdings", f"SELECT * FROM holdings WHERE family NOT IN ({codes})")
    unknown = {column for name in families for column in FACTS_OF.get(name, ())}
    t.define("facts", f"SELECT {_emptied(t, 'facts', unknown)} FROM facts")
    if "content" in families:
        t.define("keys", f"SELECT {_emptied(t, 'keys', CONTENT_KEYS)} FROM keys")
        for name in ("templates", "exchange_templates", "exchange_wordings"):
            t.define(name, f"SELECT * FROM {name} WHERE FALSE")
    if "timing" in families:
        t.define("ban_times", "SELECT * FROM ban_times WHERE FALSE")


def _emptied(t: Tables, name: str, columns: Collection[str]) -> str:
    """All columns of a table for a SELECT, the named ones null."""
    return ", ".join(f"CASE WHEN FALSE THEN {c} END AS {c}" if c in columns else c for c in t.columns(name))
