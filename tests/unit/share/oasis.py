"""What the OASIS validator says of a bundle, with its strictest settings."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its dependencies use what Python will drop
    from stix2validator import ValidationOptions, validate_instance

MEANT = "103,302"  # ids that follow from content are UUIDv5; pages of ATLAS have no hash


def complaints(bundle: Mapping[str, Any], *, strict: bool = True) -> list[str]:
    """Errors and warnings; custom properties are among them if `strict`."""
    options = ValidationOptions(
        version="2.1", disabled=MEANT, strict=True, strict_properties=strict, enforce_refs=True
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = validate_instance(bundle, options)
    return [str(error) for error in found.errors or ()]
