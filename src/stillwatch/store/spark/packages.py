"""The optional packages of the group `spark`, imported when they are needed."""

from __future__ import annotations

import importlib
from typing import Any

from stillwatch.model.errors import UsageError


def need(name: str) -> Any:
    """A module of an optional package. Raises `UsageError` that says how to install it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(
            f"the engine spark needs the package {name.split('.')[0]} ({error})",
            remedy="Install it: pip install 'stillwatch[spark]'",
        ) from error
