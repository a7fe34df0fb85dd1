"""Write requirements/GROUP.txt: the exact versions of each group and of what it needs, resolved together.

Only names, in their canonical spelling, and versions are written. `PIP_CONSTRAINT=FILE make lock` keeps the versions
that FILE names; `make lock ARGS="bench rivals"` writes these groups only. Groups that are installed in an environment
of their own are resolved by themselves.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
APART = ("rivals",)  # what these need contradicts what the others do
HEADER = "# Versions of the group `{group}`, written by `make lock`; the names stand in pyproject.toml.\n"


def groups() -> Mapping[str, Sequence[str]]:
    """Requirements by group, as pyproject.toml states them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    dependencies = project["dependency-groups"]
    return {
        "build": [*project["build-system"]["requires"], "editables>=0.5"],  # hatchling asks for it as it goes
        "core": project["project"]["dependencies"],
        "test": dependencies["test"],
        "check": dependencies["check"],
        "bench": dependencies["bench"],
        "rivals": dependencies["rivals"],
        **extras,
    }


def resolve(requirements: Sequence[str], constraints: Mapping[str, str]) -> Mapping[str, str]:
    """Versions that pip would install into an empty environment, by name."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(f"{name}=={version}\n" for name, version in constraints.items()))
        file.flush()
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        command += ["--report", "-", "--constraint", file.name, *requirements]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own list
    report = json.loads(answer.stdout)["install"]
    return {canonical(item["metadata"]["name"]): item["metadata"]["version"] for item in report}


def canonical(name: str) -> str:
    """A name as pyproject.toml writes it; what a release calls itself changes between dashes, underscores and dots."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    """Resolve all groups together, then each that is asked for by itself with those versions."""
    wanted = groups()
    asked = sys.argv[1:] or list(wanted)
    together: Mapping[str, str] = {}
    if not set(asked) <= set(APART):
        together = resolve(
            [one for group, names in wanted.items() if group not in APART for one in names], {}
        )
    for group in asked:
        pinned = resolve(wanted[group], {} if group in APART else together)
        lines = sorted(f"{name}=={version}\n" for name, version in pinned.items())
        (ROOT / "requirements" / f"{group}.txt").write_text(HEADER.format(group=group) + "".join(lines))
        sys.stdout.write(f"{group:6} {len(pinned)} packages\n")


if __name__ == "__main__":
    main()
