"""What an error of a cloud store means: the words of its client, sorted into errors that say what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from stillwatch.model.errors import InputError, VanishedError

DENIED, NO_BUCKET, UNREACHABLE, GONE = "denied", "no bucket", "unreachable", "gone"
_SIGNS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        NO_BUCKET: re.compile(r"NO_SUCH_BUCKET|NoSuchBucket|ContainerNotFound|bucket does not exist", re.I),
        DENIED: re.compile(
            r"ACCESS_DENIED|AccessDenied|INVALID_ACCESS_KEY_ID|SIGNATURE_DOES_NOT_MATCH|INVALID_CLIENT_TOKEN_ID|"
            r"EXPIRED_?TOKEN|UNRECOGNIZED_CLIENT|MISSING_AUTHENTICATION_TOKEN|PERMISSION_DENIED|UNAUTHENTICATED|"
            r"AuthenticationFailed|AuthorizationFailure|AuthorizationPermissionMismatch|credential|Forbidden|"
            r"status 40[13]|\b401 Unauthorized",
            re.I,
        ),
        UNREACHABLE: re.compile(
            r"NETWORK_CONNECTION|curlCode|connect|resolve host|resolve proxy|timed? ?out|UNAVAILABLE|"
            r"REQUEST_TIMEOUT|SLOW_DOWN|SERVICE_UNAVAILABLE|INTERNAL_FAILURE|transport|\b50[0234]\b|"
            r"HTTP response code|DEADLINE_EXCEEDED|CURL error",
            re.I,
        ),
        GONE: re.compile(r"NO_SUCH_KEY|NoSuchKey|BlobNotFound|NOT_FOUND|Path does not exist|\b404\b", re.I),
    }
)  # the first that fits counts
_QUESTION = re.compile(r"(?<=\S)\?[^\s'\"]+")
_MOST_SAID = 300  # characters
_VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AWS_PROFILE, or the role of the machine)",
        "gcs": "GOOGLE_APPLICATION_CREDENTIALS (or the service account of the machine)",
        "azure": "AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or AZURE_CLIENT_ID with AZURE_TENANT_ID and its secret",
    }
)
_ENDPOINTS: Mapping[str, str] = MappingProxyType(
    {
        "s3": "AWS_ENDPOINT_URL and AWS_REGION",
        "gcs": "STORAGE_EMULATOR_HOST",
        "azure": "AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_CONNECTION_STRING",
    }
)


def trouble(error: Exception) -> str:
    """Which kind of trouble an error is, or empty."""
    said = str(error)
    if isinstance(error, FileNotFoundError) and not _SIGNS[NO_BUCKET].search(said):
        return GONE
    return next((kind for kind, sign in _SIGNS.items() if sign.search(said)), "")


def explained(error: Exception, address: str, kind: str) -> InputError:
    """One of our errors for an error that the client of a store raised; `kind` is whose store it is."""
    found = trouble(error)
    if found == GONE:
        return VanishedError(
            "was there when the files were listed and is there no more",
            where=address,
            remedy="Run again; if files are removed by age, read them earlier",
        )
    if found == NO_BUCKET:
        return no_bucket(address)
    if found == DENIED:
        return InputError(
            "the store denies access",
            where=address,
            remedy=f"Give credentials that may list and read it: {_VARIABLES[kind]}",
        )
    said = _one_line(str(error))
    if found == UNREACHABLE:
        return InputError(
            f"the store cannot be reached, after several attempts: {said}",
            where=address,
            remedy=f"Check the network and the endpoint: {_ENDPOINTS[kind]}",
        )
    return InputError(
        f"the store says: {said}",
        where=address,
        remedy="Check the address and the settings of the store",
    )


def _one_line(said: str) -> str:
    """What a client said, shortened; addresses without their questions, which may hold a signature."""
    return " ".join(_QUESTION.sub("?…", said).split())[:_MOST_SAID]


def no_bucket(address: str) -> InputError:
    """The error for a bucket or container that does not exist."""
    return InputError("there is no such bucket", where=address, remedy="Check its name, and the endpoint")
