"""Laws of frames: fillings come together, stock phrases do not chain, small differences do not matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.datasets import traffic
from tests.sketches import KEY, key_of, put_exchanges

from stillwatch.model.kernels.sketch import sketch_text
from stillwatch.signals.tables.frames import TEXT_KEYS, FrameSettings, write_frames
from stillwatch.signals.tables.templates import write_templates
from stillwatch.store.duck import DuckTables, open_duck

MODEST = settings(max_examples=6, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
Said = tuple[str, str]  # account, prompt
FRAME = (
    "Please read the following short description of {0} carefully and write down every single step that a "
    "careful engineer would take before deciding about {1}. Number the steps, give a reason for each of "
    "them, and end with a summary of the decision in exactly one sentence."
)
OTHER = (
    "Compare the history of {0} with that of {1} in a table with four columns, name the sources that you "
    "rely on, and say below the table which of the differences matters most for a reader new to both."
)
STOCK = "Let us think about this step by step and then answer in plain words."


@contextmanager
def engine() -> Iterator[DuckTables]:
    with TemporaryDirectory() as folder, open_duck(Path(folder), threads=1) as t:
        yield t


def words(rng: np.random.Generator, many: int) -> str:
    letters = list("bcdfghklmnprstvz")
    return " ".join("".join(rng.choice(letters, size=6)) for _ in range(many))


def fillings(frame: str, rng: np.random.Generator, accounts: Sequence[str], each: int = 4) -> list[Said]:
    return [
        (account, frame.format(words(rng, int(rng.integers(1, 5))), words(rng, 2)))
        for account in accounts
        for _ in range(each)
    ]


def frames(
    said: Sequence[Said], *, reference: frozenset[int] = frozenset(), setting: FrameSettings | None = None
) -> dict[str, set[int]]:
    """Prompt → the frames it fills."""
    with engine() as t:
        ids = {f"r{i}": prompt for i, (_, prompt) in enumerate(said)}
        put_exchanges(t, [{"account_id": a, "prompt_text": p} for a, p in said])
        write_frames(t, reference=reference, settings=setting)
        rows = t.query("SELECT exchange_id, template_id FROM exchange_templates").to_pylist()
        known = {key_of(name): prompt for name, prompt in ids.items()}
    out: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        out[known[row["exchange_id"]]].add(row["template_id"])
    return out


def names(prefix: str, many: int) -> list[str]:
    return [f"{prefix}{i}" for i in range(many)]


@MODEST
@given(st.integers(0, 10_000))
def test_fillings_of_one_frame_are_one_template(seed: int) -> None:
    rng = np.random.default_rng(seed)
    said = fillings(FRAME, rng, names("a", 8)) + fillings(OTHER, rng, names("b", 8))
    found = frames(said)
    first, second = ([found[p] for _, p in part] for part in (said[:32], said[32:]))
    assert 1 == len(set().union(*first)) == len(set().union(*second))
    assert set() == set().union(*first) & set().union(*second)
    assert 28 <= min(sum(map(bool, first)), sum(map(bool, second)))


@MODEST
@given(st.integers(0, 10_000))
def test_stock_phrases_do_not_chain(seed: int) -> None:
    """Prompts that end as hundreds do stay apart from each other and from two frames that end so too."""
    rng = np.random.default_rng(seed)
    ends = fillings(f"{FRAME} {STOCK}", rng, names("a", 6)) + fillings(f"{OTHER} {STOCK}", rng, names("b", 6))
    own = [(f"c{i}", f"{words(rng, 30)} {STOCK}") for i in range(400)]
    found = frames(ends + own)
    one, two = ({x for _, p in part for x in found[p]} for part in (ends[:24], ends[24:]))
    assert one
    assert two
    assert set() == one & two
    assert 20 >= sum(bool((one | two) & found[p]) for _, p in own)


@MODEST
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_order_does_not_matter(seed: int, order: object) -> None:
    rng = np.random.default_rng(seed)
    said = fillings(FRAME, rng, names("a", 5)) + [(f"c{i}", words(rng, 20)) for i in range(20)]
    mixed = list(said)
    order.shuffle(mixed)  # type: ignore[attr-defined]
    assert frames(said) == frames(mixed)


@pytest.mark.parametrize(
    "setting",
    [
        FrameSettings(chunk=40),
        FrameSettings(slots=1 << 10),
        FrameSettings(chunk=30, slots=700),
        FrameSettings(threads=3),
    ],
)
def test_memory_and_threads_do_not_matter(setting: FrameSettings) -> None:
    """Texts read in chunks, keys looked at in rounds with a filter too small for them, and a filter filled by several
    threads give the same frames."""
    rng = np.random.default_rng(5)
    said = fillings(FRAME, rng, names("a", 9)) + fillings(OTHER, rng, names("b", 7))
    said += [(f"c{i}", f"{words(rng, 30)} {STOCK}") for i in range(150)]
    assert any(frames(said).values())
    assert frames(said) == frames(said, setting=setting)


@MODEST
@given(st.integers(0, 10_000))
def test_case_digits_and_space_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    said = fillings("Task 7: " + FRAME, rng, names("a", 6))
    changed = [
        (account, (text.upper(), text.replace("Task 7", "Task 12"), text.replace(" ", "\n  "))[i % 3])
        for i, (account, text) in enumerate(said)
    ]
    plain, other = frames(said), frames(changed)
    assert [plain[p] for _, p in said] == [other[p] for _, p in changed]
    assert 20 <= sum(bool(plain[p]) for _, p in said)


def test_one_account_makes_no_frame() -> None:
    said = fillings(FRAME, np.random.default_rng(1), ["a"], each=30)
    assert {} == frames(said)


def test_unrelated_prompts_make_no_frame() -> None:
    prompts = traffic(residents=120, campaign=0, pupils=0).tables["exchanges"]
    said = list(zip(prompts["account_id"].to_pylist(), prompts["prompt_text"].to_pylist(), strict=True))
    assert {} == frames(said)


def test_a_frame_of_the_reference_corpus_is_public() -> None:
    rng = np.random.default_rng(2)
    said = fillings(FRAME, rng, names("a", 6)) + fillings(OTHER, rng, names("b", 6))
    public = _sketched([p for _, p in said[:24]])
    with engine() as t:
        put_exchanges(t, [{"account_id": a, "prompt_text": p} for a, p in said])
        write_frames(t, reference=public)
        write_templates(t)
        rows = t.query("SELECT * FROM templates ORDER BY public").to_pylist()
    assert [(6, 24, False), (6, 24, True)] == [(r["accounts"], r["exchanges"], r["public"]) for r in rows]
    assert [1.0, 0.0] == [r["rarity_bits"] for r in rows]


def _sketched(texts: list[str]) -> frozenset[int]:
    rows = sketch_text(pa.array(texts, pa.large_string()), KEY)
    return frozenset(k for name in TEXT_KEYS for k in rows.column(name).drop_null().to_pylist())


class _Elsewhere(DuckTables):
    """An engine that says its tables are on other machines."""

    most_texts = 1_000_000

    def on_driver(self, name: str) -> bool:
        return name == "on this machine"


def test_frames_are_the_same_where_only_shared_texts_come_to_the_driver() -> None:
    rng = np.random.default_rng(4)
    said = fillings(FRAME, rng, names("a", 8)) + [(f"x{i}", words(rng, 12)) for i in range(40)]
    found = []
    for kind in (DuckTables, _Elsewhere):
        with engine() as t:
            t.__class__ = kind
            put_exchanges(t, [{"account_id": a, "prompt_text": p} for a, p in said])
            write_frames(t, reference=frozenset())
            found.append(
                t.query("SELECT exchange_id, template_id FROM exchange_templates ORDER BY 1, 2").to_pylist()
            )
    assert 32 == len(found[0])
    assert found[0] == found[1]
