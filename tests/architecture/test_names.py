"""Files are named for one idea, say what they hold, and speak only where they may."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from tests.expect import expect_none

FORBIDDEN = {"utils", "util", "helpers", "helper", "misc", "common", "manager", "managers", "tools", "stuff"}


def test_no_file_is_a_drawer(sources: tuple[Any, ...]) -> None:
    """No `utils`, `helpers`, `misc`, `common` or `manager`, alone or as part of a name."""
    drawers = [s.name for s in sources if FORBIDDEN & set(s.name.split(".")[-1].split("_"))]
    expect_none(drawers)


def test_every_file_says_what_it_holds(root: Path) -> None:
    """Every Python file starts with a docstring."""
    files = [p for d in ("src", "tests", "bench", "scripts", "examples") for p in (root / d).rglob("*.py")]
    silent = [p for p in files if p.stat().st_size and not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
    expect_none(str(p.relative_to(root)) for p in silent)


def test_public_functions_say_what_comes_back(sources: tuple[Any, ...]) -> None:
    """A public function, class or method has a docstring."""
    silent = [f"{s.name}.{n}" for s in sources for n in _undocumented(s.tree)]
    expect_none(silent)


def _undocumented(tree: ast.Module) -> list[str]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    found = []
    for node in tree.body:
        if not isinstance(node, kinds) or node.name.startswith("_"):
            continue
        inner = node.body if isinstance(node, ast.ClassDef) else []
        public = [n for n in inner if isinstance(n, kinds) and not n.name.startswith("_")]
        found += [n.name for n in [node, *public] if not ast.get_docstring(n) and not _overload(n)]
    return found


def _overload(node: ast.AST) -> bool:
    """Whether it only states types of another definition."""
    return any(isinstance(d, ast.Name) and d.id == "overload" for d in getattr(node, "decorator_list", []))


def test_only_the_command_line_prints(sources: tuple[Any, ...]) -> None:
    """`print` and writes to stdout stand in `app` only."""
    loud = [
        f"{s.name}:{n.lineno}"
        for s in sources
        if s.stage != "app"
        for n in ast.walk(s.tree)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "print"
    ]
    expect_none(loud)


def test_no_blanket_handlers(sources: tuple[Any, ...]) -> None:
    """`except:`, `except Exception` and `except BaseException` hide mistakes of ours."""
    blanket = [
        f"{s.name}:{n.lineno}"
        for s in sources
        for n in ast.walk(s.tree)
        if isinstance(n, ast.ExceptHandler)
        and (n.type is None or (isinstance(n.type, ast.Name) and n.type.id in {"Exception", "BaseException"}))
        and not any(isinstance(x, ast.Raise) and x.exc is None for x in ast.walk(n))
    ]
    expect_none(blanket)


def test_a_command_is_one_function(root: Path) -> None:
    """Every file in `app/commands` has a function `command` with help text and an example."""
    for path in (root / "src/stillwatch/app/commands").rglob("[!_]*.py"):
        functions = {
            n.name: n for n in ast.parse(path.read_text("utf-8")).body if isinstance(n, ast.FunctionDef)
        }
        assert "command" in functions, path.name
        assert "xample" in (ast.get_docstring(functions["command"]) or ""), path.name
