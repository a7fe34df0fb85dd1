"""Every shipped actor profile is fictional, complete, and passes its cases."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from stillwatch import attribute
from stillwatch.app.actors import read_profiles, shipped_rates
from stillwatch.lab.profile_checks import check_profile

FOLDER = Path(str(resources.files(attribute))) / "profiles"
FILES = sorted(FOLDER.glob("*.toml"))


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_a_profile_passes_its_cases(file: Path, root: Path) -> None:
    (profile,) = read_profiles(file).values()
    assert [] == check_profile(profile, root / "tests/cases/profiles" / file.stem, shipped_rates())


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_a_shipped_profile_is_fictional_and_says_so(file: Path) -> None:
    (profile,) = read_profiles(file).values()
    assert profile.fictional
    assert all("ictional" in claim.source for _, _, claim in profile.claims())


def test_shipped_profiles_get_on_together() -> None:
    assert {"Amber Kestrel", "Brass Relay", "Slate Heron"} <= set(read_profiles(FOLDER))
