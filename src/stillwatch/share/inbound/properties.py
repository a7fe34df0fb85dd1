"""Properties of the STIX 2.1 objects that are taken, as the specification lists them; `!` marks a required one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

COMMON = (
    "type! spec_version! id! created_by_ref created! modified! revoked labels confidence lang external_references "
    "object_marking_refs granular_markings extensions"
)
OBSERVABLE = "type! spec_version id! object_marking_refs granular_markings defanged extensions"
MARKING = (
    "type! spec_version! id! created_by_ref created! external_references object_marking_refs granular_markings name "
    "definition_type definition extensions"
)
_DOMAIN: Mapping[str, str] = MappingProxyType(
    {
        "attack-pattern": "name! description aliases kill_chain_phases",
        "campaign": "name! description aliases first_seen last_seen objective",
        "course-of-action": "name! description",
        "extension-definition": "name! description schema! version! extension_types! extension_properties",
        "grouping": "name description context! object_refs!",
        "identity": "name! description roles identity_class sectors contact_information",
        "indicator": "name description indicator_types pattern! pattern_type! pattern_version valid_from! valid_until "
        "kill_chain_phases",
        "infrastructure": "name! description infrastructure_types aliases kill_chain_phases first_seen last_seen",
        "intrusion-set": "name! description aliases first_seen last_seen goals resource_level primary_motivation "
        "secondary_motivations",
        "note": "abstract content! authors object_refs!",
        "observed-data": "first_observed! last_observed! number_observed! objects object_refs",
        "opinion": "explanation authors opinion! object_refs!",
        "relationship": "relationship_type! description source_ref! target_ref! start_time stop_time",
        "report": "name! description report_types published! object_refs!",
        "sighting": "description first_seen last_seen count sighting_of_ref! observed_data_refs where_sighted_refs "
        "summary",
        "threat-actor": "name! description threat_actor_types aliases first_seen last_seen roles goals sophistication "
        "resource_level primary_motivation secondary_motivations personal_motivations",
    }
)
_OBSERVABLES: Mapping[str, str] = MappingProxyType(
    {
        "autonomous-system": "number! name rir",
        "domain-name": "value! resolves_to_refs",
        "email-addr": "value! display_name belongs_to_ref",
        "ipv4-addr": "value! resolves_to_refs belongs_to_refs",
        "ipv6-addr": "value! resolves_to_refs belongs_to_refs",
        "url": "value!",
        "user-account": "user_id credential account_login account_type display_name is_service_account is_privileged "
        "can_escalate_privs is_disabled account_created account_expires credential_last_changed account_first_login "
        "account_last_login",
        "x509-certificate": "is_self_signed hashes version serial_number signature_algorithm issuer "
        "validity_not_before validity_not_after subject subject_public_key_algorithm subject_public_key_modulus "
        "subject_public_key_exponent x509_v3_extensions",
    }
)
SECRET = frozenset({"credential"})  # properties that are never taken


@dataclass(frozen=True, slots=True)
class Shape:
    """Names an object may and must have."""

    allowed: frozenset[str]
    required: frozenset[str]
    observable: bool = False


def _shape(names: str, *, observable: bool = False) -> Shape:
    words = names.split()
    return Shape(
        frozenset(word.rstrip("!") for word in words),
        frozenset(word[:-1] for word in words if word.endswith("!")),
        observable,
    )


SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        **{kind: _shape(f"{COMMON} {names}") for kind, names in _DOMAIN.items()},
        **{kind: _shape(f"{OBSERVABLE} {names}", observable=True) for kind, names in _OBSERVABLES.items()},
        "marking-definition": _shape(MARKING),
    }
)
