"""A hypotheses file from fitted expectations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from stillwatch.lab.learn.expectations import distinct, fit, labelled_groups

TITLES: Mapping[str, tuple[str, str, float]] = MappingProxyType(
    {
        "distillation": ("a harvest of training data", "distillation", -6.0),
        "unrelated": ("chance among unrelated accounts", "innocent", 0.0),
        "shared_exit": ("a shared network exit", "innocent", -1.0),
        "one_organization": ("one organization, firm or family", "innocent", 0.0),
        "class_or_event": ("a class or event behind one exit", "innocent", -1.0),
        "online_course": ("an online course", "innocent", -1.0),
        "public_tool": ("a public tool", "innocent", 0.0),
        "advertised_app": ("an app after an advertisement", "innocent", -1.0),
        "public_prompt": ("a public or viral prompt", "innocent", 0.0),
        "evaluation": ("evaluation or benchmark runs", "innocent", -2.0),
        "batch_work": ("batch annotation or back-fill", "innocent", -2.0),
        "permitted": ("a permitted or declared use", "innocent", -2.0),
        "own_gateway": ("one firm's gateway over accounts of its own", "innocent", -2.0),
        "moved_house": ("one firm's move to new accounts", "innocent", -3.0),
        "declared_reseller": ("a declared reseller", "innocent", -3.0),
        "undeclared_relay": ("an undeclared relay", "coordinated", -3.0),
        "spam_ring": ("a spam ring", "coordinated", -3.0),
    }
)
# an explanation by a relation needs the relation to be visible: one of these
REQUIRES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "one_organization": {"one_organization": 0.5, "one_domain": 0.5, "one_instrument": 0.5},
        "moved_house": {
            "one_organization": 0.5,
            "one_domain": 0.5,
            "one_instrument": 0.5,
            "shared_instrument": 0.3,
        },
        "shared_exit": {"one_exit": 0.3},
        "class_or_event": {"one_exit": 0.4, "education": 0.4},
        "permitted": {"declared": 0.2, "permitted": 0.2, "one_organization": 0.5, "one_instrument": 0.5},
        "declared_reseller": {"declared": 0.2},
        "evaluation": {"declared": 0.2, "repeated": 0.3, "one_organization": 0.5, "one_instrument": 0.5},
        "unnamed_gateway": {"shared_network": 0.5},
    }
)
# two things may be true: unrelated accounts meet behind an exit, and fill the same public prompt; a firm's accounts
# need not name it, but then its own network has to show; a relay without a harvest buys its accounts where harvesters
# do, and has customers who grade or fill a public tool
JOINT: Mapping[str, tuple[str, str, float, Mapping[str, str]]] = MappingProxyType(
    {
        "unrelated_behind_exit": (
            "unrelated accounts behind a shared network exit", "unrelated", -2.0, {"network": "shared_exit"},
        ),
        "prompt_behind_exit": (
            "a public prompt behind a shared network exit", "public_prompt", -2.0, {"network": "shared_exit"},
        ),
        "tool_behind_exit": (
            "a public tool behind a shared network exit", "public_tool", -2.0, {"network": "shared_exit"},
        ),
        "unnamed_gateway": (
            "one firm's gateway over accounts that name no firm", "own_gateway", -3.0,
            {"identity": "unrelated", "payment": "unrelated"},
        ),
        "prepared_relay": (
            "an undeclared relay over accounts prepared in lots", "undeclared_relay", -10.0,
            {"identity": "distillation", "payment": "distillation"},
        ),
        "grading_relay": (
            "an undeclared relay with a customer who labels or grades", "undeclared_relay", -9.0,
            {"content": "batch_work"},
        ),
        "tool_relay": (
            "an undeclared relay with customers of a public tool", "undeclared_relay", -9.0,
            {"content": "public_tool"},
        ),
    }
)  # fmt: skip
HEAD = """\
# Explanations of a group, and what each expects of the measurements: feature = [mean, concentration] of a beta
# distribution. Fitted on groups that the pipeline formed from training traffic of the simulator
# (`python -m stillwatch.lab.learn`); prior_bits are set by hand. Read and change as you see fit.
"""


def hypotheses_toml(
    expects: Mapping[str, Mapping[str, tuple[float, float]]], groups: Mapping[str, int]
) -> str:
    """Text of the file, hypotheses in the order of `TITLES`, then joint ones of which both halves are known."""
    parts = [HEAD]
    for name, (title, kind, prior) in TITLES.items():
        parts.append(
            f'\n[hypotheses.{name}]  # {groups.get(name, 0)} groups\ntitle = "{title}"\nkind = "{kind}"\n'
            f"prior_bits = {prior}\n\n[hypotheses.{name}.expects]\n"
        )
        parts += [f"{f} = [{m}, {c}]\n" for f, (m, c) in expects.get(name, {}).items()]
        if name in REQUIRES:
            parts.append(f"\n[hypotheses.{name}.requires]\n")
            parts += [f"{f} = {least}\n" for f, least in REQUIRES[name].items()]
    for name, (title, like, prior, families) in JOINT.items():
        if not all(expects.get(known) for known in (like, *families.values())):
            continue  # half an explanation would explain whatever the missing half does
        named = ", ".join(f'{family} = "{other}"' for family, other in families.items())
        parts.append(
            f'\n[hypotheses.{name}]\ntitle = "{title}"\nkind = "{TITLES[like][1]}"\nprior_bits = {prior}\n'
            f'like = "{like}"\nfamilies = {{ {named} }}\n'
        )
        needed = REQUIRES.get(name) or REQUIRES.get(families.get("network", ""), {})
        if needed:
            parts.append(f"\n[hypotheses.{name}.requires]\n")
            parts += [f"{f} = {least}\n" for f, least in needed.items()]
    return "".join(parts)


def learned(
    training: Sequence[tuple[Path, Path]], unseen: Sequence[tuple[Path, Path]]
) -> tuple[str, Counter[str]]:
    """Text of the hypotheses file that these scans teach, and how many groups of each kind taught it."""
    groups, new = (
        distinct(g for results, truth in pairs for g in labelled_groups(results, truth))
        for pairs in (training, unseen)
    )
    counts = Counter(g.hypothesis for g in groups)
    return hypotheses_toml(fit(groups, unseen=new), counts), counts
