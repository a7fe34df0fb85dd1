"""Write the skeleton of a signal: `python scripts/new_signal.py answer_length`.

It measures something real, so that every check passes at once; replace it piece by piece.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SKELETON = Path(__file__).parent / "skeleton"
CASES = ("input.json", "planted.json", "look_alike.json", "reference.py")


def write(name: str, root: Path) -> list[Path]:
    """Write the files of a new signal below `root` and return them; exits if the name cannot be used."""
    signal = root / "src/stillwatch/signals" / f"{name}.py"
    cases = root / "tests/cases/signals" / name
    if not re.fullmatch(r"[a-z][a-z0-9_]+", name):
        _stop(
            f"{name!r} is no name for a signal. Use small letters and _: make new-signal NAME=answer_length"
        )
    if signal.exists():
        _stop(f"{signal} exists. Choose another name")
    targets = {"signal.py": signal, **{case: cases / case for case in CASES}}
    for source, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (SKELETON / f"{source}.txt").read_text(encoding="utf-8")
        target.write_text(text.replace("NAME", name), encoding="utf-8")
    return list(targets.values())


def _stop(message: str) -> None:
    sys.stderr.write(message + "\n")
    sys.exit(2)


if __name__ == "__main__":
    for path in write(sys.argv[1], ROOT):
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
    sys.stdout.write("Next: edit them, then `make golden docs test`\n")
