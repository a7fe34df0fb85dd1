"""The package as parsed source, and what each file imports of ours."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "stillwatch"


@dataclass(frozen=True)
class Source:
    """One module: dotted name, file, parsed tree, whether it is a package's `__init__`."""

    name: str
    path: Path
    tree: ast.Module
    is_package: bool

    @property
    def stage(self) -> str:
        """The module directly under the package that this file belongs to; empty for the package itself."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else ""


@dataclass(frozen=True)
class Import:
    """One of our own modules imported at `line`; `inside` is the function it stands in, if any."""

    module: str
    line: int
    inside: str


def read_sources(root: Path) -> tuple[Source, ...]:
    """Every module of the package."""
    base = root / "src"
    found = []
    for path in sorted((base / PACKAGE).rglob("*.py")):
        parts = list(path.relative_to(base).with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        found.append(Source(name, path, ast.parse(path.read_text(encoding="utf-8")), is_package))
    return tuple(found)


def own_imports(source: Source, known: frozenset[str]) -> tuple[Import, ...]:
    """What a module imports of ours, wherever the statement stands."""
    found: list[Import] = []
    _walk(source.tree, source, known, "", found)
    return tuple(found)


def _walk(node: ast.AST, source: Source, known: frozenset[str], inside: str, found: list[Import]) -> None:
    for child in ast.iter_child_nodes(node):
        name = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else inside
        if isinstance(child, ast.Import | ast.ImportFrom):
            found += [Import(module, child.lineno, inside) for module in _targets(child, source, known)]
        _walk(child, source, known, name, found)


def _targets(node: ast.Import | ast.ImportFrom, source: Source, known: frozenset[str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE]
    base = node.module or ""
    if node.level:
        parts = source.name.split(".")
        above = len(parts) - node.level + (1 if source.is_package else 0)
        base = ".".join([*parts[:above], *([node.module] if node.module else [])])
    if base.split(".")[0] != PACKAGE:
        return []
    return [f"{base}.{a.name}" if f"{base}.{a.name}" in known else base for a in node.names]
