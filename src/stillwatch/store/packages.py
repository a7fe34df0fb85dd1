"""Optional packages, imported when they are needed."""

from __future__ import annotations

import importlib
from typing import Any

from stillwatch.model.errors import UsageError


def need(name: str, *, extra: str = "spark") -> Any:
    """A module of an optional package. Raises `UsageError` that says how to install it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(
            f"this needs the package {name.split('.')[0]}",
            where=name,
            remedy=f"Install it: pip install 'stillwatch[{extra}]'",
        ) from error
