"""Write requirements/GROUP.txt: the exact versions of each group and of what it needs, resolved together.

Only names and versions are written. `PIP_CONSTRAINT=FILE make lock` keeps the versions that FILE names.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
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
    return {item["metadata"]["name"].lower(): item["metadata"]["version"] for item in report}


def main() -> None:
    """Resolve all groups together, then each by itself with those versions."""
    wanted = groups()
    together = resolve([one for names in wanted.values() for one in names], {})
    for group, names in wanted.items():
        pinned = resolve(names, together)
        lines = "".join(f"{name}=={version}\n" for name, version in sorted(pinned.items()))
        (ROOT / "requirements" / f"{group}.txt").write_text(HEADER.format(group=group) + lines)
        sys.stdout.write(f"{group:6} {len(pinned)} packages\n")


if __name__ == "__main__":
    main()
