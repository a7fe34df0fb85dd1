"""Who asks: HTTP Basic with name and secret, or the secret as `name.secret` in a bearer token."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from types import MappingProxyType

from stillwatch.share.taxii.http import HttpError, Request
from stillwatch.share.taxii.limiter import Limiter
from stillwatch.share.taxii.secret_hash import hashed, matches
from stillwatch.share.taxii.settings import TaxiiSettings, User

CHALLENGE: Mapping[str, str] = MappingProxyType(
    {"www-authenticate": 'Basic realm="taxii", charset="UTF-8", Bearer realm="taxii"'}
)
MOST_KEPT = 1_000


class Login:
    """Checks credentials; those found right are remembered as keyed digests, since scrypt is slow on purpose."""

    def __init__(self, settings: TaxiiSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, str] = OrderedDict()
        self._nobody = hashed(secrets.token_urlsafe(32))
        self._requests = Limiter(settings.requests_per_minute)
        self._failures = Limiter(settings.failures_per_minute)
        self._lock = Lock()

    def user(self, request: Request) -> User:
        """The user that a request is from. Raises `HttpError` 401 or 429."""
        now = self._clock()
        name, secret = _credentials(request.headers.get("authorization", ""))
        if not self._failures.may(request.peer, now):
            raise HttpError(429, "Too many failed log-ins", headers={"retry-after": "60"})
        user = self._checked(name, secret)
        if user is None:
            self._failures.take(request.peer, now)
            raise HttpError(401, "Name or secret is wrong", headers=CHALLENGE)
        if not self._requests.take(user.name, now):
            raise HttpError(429, "Too many requests", headers={"retry-after": "10"})
        return user

    def _checked(self, name: str, secret: str) -> User | None:
        user = self._settings.users.get(name)
        seen = hmac.new(self._key, f"{name}:{secret}".encode(errors="replace"), hashlib.sha256).digest()
        with self._lock:
            if user is not None and self._right.get(seen) == user.secret:
                return user
        kept = user.secret if user is not None else self._nobody
        if not matches(secret, kept) or user is None:
            return None
        with self._lock:
            self._right[seen] = user.secret
            while len(self._right) > MOST_KEPT:
                self._right.popitem(last=False)
        return user


def _credentials(header: str) -> tuple[str, str]:
    """Name and secret. Raises `HttpError` 401."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            text = base64.b64decode(rest.strip(), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError, ValueError) as error:
            raise HttpError(401, "The credentials cannot be read", headers=CHALLENGE) from error
        name, colon, secret = text.partition(":")
    elif scheme.lower() == "bearer":
        name, colon, secret = rest.strip().rpartition(".")
    else:
        raise HttpError(401, "Credentials are needed", headers=CHALLENGE)
    if not colon or not name or not secret:
        raise HttpError(401, "The credentials cannot be read", headers=CHALLENGE)
    return name, secret
