"""Find extensions without a list to edit: scan a package, then the entry points of other packages."""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, ModuleType
from typing import Any, Generic, TypeVar

from stillwatch.model.errors import ExtensionError

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

SPEC = "__stillwatch_spec__"


@dataclass(frozen=True, slots=True)
class SignalSpec:
    """What a signal declares about itself."""

    name: str
    grain: str  # "account" or "campaign"
    reads: tuple[str, ...]
    unit: str  # "share", "bits", "count", "hours", "ratio"
    direction: int  # +1: more points to distillation, -1: less, 0: describes
    version: int
    family: str


@dataclass(frozen=True, slots=True)
class FormatSpec:
    """What a log format declares about itself."""

    name: str
    title: str
    account: str  # where the account id comes from, as a path in the record


def signal(
    *,
    grain: str,
    reads: Sequence[str],
    unit: str,
    direction: int,
    version: int,
    family: str,
) -> Callable[[F], F]:
    """File a frozen `SignalSpec` on the function and return it unchanged.

    Raises `ExtensionError` if the grain or direction is not one of those known.
    """

    def file(function: F) -> F:
        if grain not in ("account", "campaign") or direction not in (-1, 0, 1):
            raise ExtensionError(
                f"signal {function.__name__} declares grain {grain!r}, direction {direction!r}",
                where=function.__module__,
                remedy="Use grain 'account' or 'campaign' and direction -1, 0 or +1",
            )
        spec = SignalSpec(function.__name__, grain, tuple(reads), unit, direction, version, family)
        setattr(function, SPEC, spec)
        return function

    return file


def log_format(*, name: str, title: str, account: str) -> Callable[[type[T]], type[T]]:
    """File a frozen `FormatSpec` on a log-format class and return it unchanged."""

    def file(cls: type[T]) -> type[T]:
        setattr(cls, SPEC, FormatSpec(name, title, account))
        return cls

    return file


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """One extension: what it declares, and the thing itself."""

    spec: T
    thing: Any


def scan(package: ModuleType, kind: type[T], *, group: str) -> Mapping[str, Entry[T]]:
    """Extensions of `kind` in `package` and in the entry-point group, sorted by name.

    Raises `ExtensionError` if two extensions have one name.
    """
    found: dict[str, Entry[T]] = {}
    for thing in _things(package, group):
        spec = getattr(thing, SPEC, None)
        if not isinstance(spec, kind):
            continue
        name: str = spec.name  # type: ignore[attr-defined]
        known = found.get(name)
        if known is not None and known.thing is not thing:
            raise ExtensionError(
                f"two extensions are called {name!r}",
                where=f"{known.thing.__module__}, {thing.__module__}",
                remedy="Rename one of them",
            )
        found[name] = Entry(spec, thing)
    return MappingProxyType(dict(sorted(found.items())))


def _things(package: ModuleType, group: str) -> Iterator[Any]:
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        for value in vars(module).values():
            if getattr(value, "__module__", None) == module.__name__:
                yield value
    for point in sorted(importlib.metadata.entry_points(group=group), key=lambda p: p.name):
        yield point.load()
