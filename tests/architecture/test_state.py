"""No mutable module state, no work at import time."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from tests.expect import expect_none

MAKERS = {
    "dict",
    "list",
    "set",
    "defaultdict",
    "OrderedDict",
    "Counter",
    "deque",
    "bytearray",
    "WeakValueDictionary",
    "array",
    "zeros",
    "empty",
    "ones",
    "full",
}
LITERALS = ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp | ast.SetComp
READ_ONLY = {"Mapping", "Sequence", "Collection", "Iterable", "Set", "AbstractSet"}
WORK = ast.For | ast.AsyncFor | ast.While | ast.With | ast.Delete | ast.AugAssign


def _called(node: ast.AST) -> str:
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _outer(annotation: ast.expr | None) -> str:
    """Name of the type that stands outermost, inside `Final` and `ClassVar`."""
    while isinstance(annotation, ast.Subscript) and _outer(annotation.value) in {"Final", "ClassVar"}:
        annotation = annotation.slice
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    if isinstance(annotation, ast.Attribute):
        return annotation.attr
    return annotation.id if isinstance(annotation, ast.Name) else ""


def mutable_names(tree: ast.Module) -> list[str]:
    """Module and class attributes that can be changed in place and are not typed as read-only."""
    bodies = [tree.body, *(n.body for n in tree.body if isinstance(n, ast.ClassDef))]
    found = []
    for node in (one for body in bodies for one in body):
        if isinstance(node, ast.Assign):
            targets, annotation = node.targets, None
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets, annotation = [node.target], node.annotation
        else:
            continue
        names = [t.id for t in targets if isinstance(t, ast.Name) and t.id != "__all__"]
        changeable = isinstance(node.value, LITERALS) or _called(node.value) in MAKERS
        if changeable and _outer(annotation) not in READ_ONLY:
            found += names
    return found


def work_at_import(tree: ast.Module) -> list[int]:
    """Lines at module level that do something rather than define something."""
    lines = []
    for node in tree.body:
        call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        if call or isinstance(node, WORK):
            lines.append(node.lineno)
    return lines


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("X = {}", ["X"]),
        ("X: Final = [1]", ["X"]),
        ("X: dict[str, int] = dict()", ["X"]),
        ("class A:\n    seen = set()", ["seen"]),
        ("X = collections.defaultdict(int)", ["X"]),
        ("X: Mapping[str, int] = {'a': 1}", []),
        ("X: Final[Sequence[int]] = [1]", []),
        ("X = MappingProxyType({'a': 1})", []),
        ("X = (1, 2)\n__all__ = ['X']", []),
        ("def f():\n    x = {}", []),
    ],
)
def test_mutable_names_are_found(code: str, expected: list[str]) -> None:
    """The check itself: what counts as state and what does not."""
    assert expected == mutable_names(ast.parse(code))


def test_modules_hold_no_state(sources: tuple[Any, ...]) -> None:
    """Nothing at module or class level can be changed in place."""
    expect_none(f"{s.name}.{name}" for s in sources for name in mutable_names(s.tree))


def test_modules_rebind_nothing(sources: tuple[Any, ...]) -> None:
    """No `global` statement."""
    rebound = [f"{s.name}:{n.lineno}" for s in sources for n in ast.walk(s.tree) if isinstance(n, ast.Global)]
    expect_none(rebound)


def test_import_does_no_work(sources: tuple[Any, ...]) -> None:
    """Module bodies define; they do not loop, open or call for effect."""
    expect_none(f"{s.name}:{line}" for s in sources for line in work_at_import(s.tree))
