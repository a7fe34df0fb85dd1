"""Personal data does not survive packing."""

from __future__ import annotations

import re

import pytest

from stillwatch.lab.text.clients import load_clients
from stillwatch.lab.text.fillings import load_prompts
from stillwatch.lab.text.frames import load_reference, read_frames
from stillwatch.lab.text.scrub import find_names, load_names, rename, scrub

PERSONAL = re.compile(r"[\w.+-]+@[\w-]+\.\w{2,}|(?<!\w)/(?:home|Users)/\w+|\bsk-[A-Za-z0-9]{10,}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to jo.doe@mail.example.org now", "write to mail now"),
        ("see https://a.example/b?c=d", "see link"),
        ("open ~/notes/x.txt", "open path"),
        ("ping 10.1.2.3:80", "ping address"),
        ("call +44 20 7946 0958", "call 12345"),
        ("key sk-abcdef1234567890", "key key"),
        ("ask @somebody", "ask someone"),
        ("3 of 12 are 25%", "3 of 12 are 25%"),
    ],
)
def test_what_points_to_a_person_is_replaced(text: str, expected: str) -> None:
    """Plain words stand in its place; numbers of an exercise stay."""
    assert scrub(text) == expected


def test_names_become_invented_ones_and_stay_the_same_person() -> None:
    """Words known in small letters, and months, are no names."""
    text = "Karla asked Tomas in March. Karla wrote a letter, karla did. Letters are read."
    renamed = rename(text, load_names(), find_names([text, "some letters, two letters, more letters"]))
    first = renamed.split()[0]
    assert "karla" not in renamed.lower()
    assert "Letters" in renamed
    assert "Tomas" not in renamed
    assert renamed.count(first) >= 2
    assert "in March" in renamed


def test_the_package_holds_no_addresses_paths_or_keys() -> None:
    """All shipped text and all client records."""
    texts = [row["text"] for row in load_prompts()] + load_reference()["text"].to_pylist()
    texts += [f"{frame.text} {frame.system}" for frame in read_frames()] + [str(c) for c in load_clients()]
    assert [found[0] for text in texts if (found := PERSONAL.search(text))] == []
