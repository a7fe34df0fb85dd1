"""STIX objects with ids that follow from what they are about, so that exporting again gives the same objects."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from stillwatch.share.publication import Publication
from stillwatch.share.tlp import TLP_IDS

Object = dict[str, Any]

OURS = uuid.UUID("d1d0c6a2-6d0f-4a0e-9b1c-0f6a57b3c9e4")  # namespace of our ids; never changes
OBSERVABLES = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")  # STIX 2.1, section 2.9
IDENTIFYING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "user-account": ("account_login", "account_type", "user_id"),
        "ipv4-addr": ("value",),
        "ipv6-addr": ("value",),
        "domain-name": ("value",),
        "autonomous-system": ("number",),
    }
)


def stamp(at: datetime) -> str:
    """A time as STIX writes it, in milliseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def identity_id(publisher: str) -> str:
    """Id of the organisation that publishes."""
    return f"identity--{uuid.uuid5(OURS, f'identity|{publisher}')}"


def object_id(kind: str, publication: Publication, *about: str) -> str:
    """Id of an object of this publisher about these things."""
    return f"{kind}--{uuid.uuid5(OURS, '|'.join((kind, publication.publisher, *about)))}"


def domain_object(kind: str, publication: Publication, *about: str, **properties: Any) -> Object:
    """A domain or relationship object of this publisher; properties that are None or empty are left out."""
    at = stamp(publication.at)
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": object_id(kind, publication, *about),
        "created_by_ref": identity_id(publication.publisher),
        "created": at,
        "modified": at,
        **{name: value for name, value in properties.items() if value not in (None, "", [], {}, ())},
        "object_marking_refs": [TLP_IDS[publication.tlp]],
    }


def observable(kind: str, publication: Publication, **properties: Any) -> Object:
    """A cyber observable object with the id that STIX derives from its identifying properties."""
    named = {name: properties[name] for name in IDENTIFYING[kind] if name in properties}
    canonical = json.dumps(named, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{uuid.uuid5(OBSERVABLES, canonical)}",
        **properties,
        "object_marking_refs": [TLP_IDS[publication.tlp]],
    }


def relationship(
    publication: Publication, source: Object, verb: str, target: Object, **properties: Any
) -> Object:
    """`source` `verb` `target`."""
    return domain_object(
        "relationship",
        publication,
        source["id"],
        verb,
        target["id"],
        relationship_type=verb,
        source_ref=source["id"],
        target_ref=target["id"],
        **properties,
    )
