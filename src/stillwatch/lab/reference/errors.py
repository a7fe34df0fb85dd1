"""The page of errors: the kinds, and every message the package can give with its remedy."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import stillwatch.model.errors as kinds
from stillwatch.lab.reference.markdown import code, page, table
from stillwatch.model.errors import StillwatchError

HOLE = "…"


def errors_page() -> str:
    """`docs/reference/errors.md`."""
    intro = (
        "A message says what was wrong, where, and what to do. On the command line it goes to stderr (with "
        "`--json`, to stdout as an object with `error`, `where`, `remedy`, `kind`) and the exit code is 2. "
        f"`{HOLE}` stands for what differs from case to case."
    )
    tree = (kinds.__doc__ or "").split("::")[1].split("A message")[0].strip("\n")
    rows = sorted(set(messages(Path(kinds.__file__).parent.parent)))
    return page("Errors", intro, code(tree), "## Messages", table(["kind", "message", "remedy"], rows))


def messages(package: Path) -> Iterator[tuple[str, str, str]]:
    """Kind, message and remedy of every error raised in a package's source files."""
    names = {
        c.__name__ for c in vars(kinds).values() if isinstance(c, type) and issubclass(c, StillwatchError)
    }
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                remedy = next((k.value for k in node.keywords if k.arg == "remedy"), None)
                what = _text(node.args[0]) if node.args else HOLE
                yield node.func.id, what, _text(remedy) if remedy is not None else ""


def _text(node: ast.expr) -> str:
    """A string as it stands in the source, with holes where values go."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(v) if isinstance(v, ast.Constant) else HOLE for v in node.values)
    return HOLE
