"""Checks the API key and the rate limit of each request."""

import base64
import binascii
from http import HTTPStatus
from ipaddress import IPv6Address, IPv6Network, ip_address

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problem_details import problem
from service.keys import Key, KeyFile
from service.server.middleware.forwarded import path_within
from service.server.rate_limits import RateLimiter
from service.telemetry import metrics

_ALWAYS_OPEN = {"/healthz", "/readyz"}  # process supervisors have no key
_ADMIN = "/admin/"
# The Basic challenge makes a browser ask its user for the key, as the password.
_CHALLENGE = {"WWW-Authenticate": 'Bearer, Basic realm="Episode Search", charset="UTF-8"'}


class Refused(Exception):
    def __init__(self, status: HTTPStatus, detail: str, headers: dict[str, str]) -> None:
        self.response = problem(status, detail, headers)


class Access:
    def __init__(self, app: ASGIApp, keys: KeyFile | None, rates: RateLimiter | None) -> None:
        self._app = app
        self._keys = keys
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http" and _needs_admission(scope):
            try:
                self._admit(scope)
            except Refused as refused:
                app = refused.response
        await app(scope, receive, self._uncached(send) if self._keys else send)

    @staticmethod
    def _uncached(send: Send) -> Send:
        """Forbid shared caches to store answers that have no Cache-Control of their own."""

        async def send_uncached(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "private, no-store")
            await send(message)

        return send_uncached

    def _admit(self, scope: Scope) -> None:
        key = self._keys.find(_presented(scope)) if self._keys else None
        if self._rates:
            _count(self._rates, key.name if key else f"address {_address(scope)}")
        scope["key"] = key
        if self._keys:
            self._require(key, path_within(scope))

    def _require(self, key: Key | None, path: str) -> None:
        """Raises Refused without a key of scope read; routes of /admin check their own scope."""
        if not key:
            metrics.refused("key")
            detail = "This needs a key; send it as Authorization: Bearer KEY."
            raise Refused(HTTPStatus.UNAUTHORIZED, detail, _CHALLENGE)
        if "read" not in key.scopes and not path.startswith(_ADMIN):
            metrics.refused("key")
            raise Refused(HTTPStatus.FORBIDDEN, f"{key.refusal('read')}.", {})


def _count(rates: RateLimiter, who: str) -> None:
    """Raises Refused above a limit."""
    if rate := rates.exceeded(who):
        metrics.refused("rate")
        detail = f"The limit of {rate} is exceeded; ask again later."
        after = {"Retry-After": str(max(1, rate.get_expiry() // rate.amount))}
        raise Refused(HTTPStatus.TOO_MANY_REQUESTS, detail, after)


def _needs_admission(scope: Scope) -> bool:
    """A request that another one of this process makes was admitted with that one."""
    return path_within(scope) not in _ALWAYS_OPEN and not scope.get("admitted")


def _presented(scope: Scope) -> str:
    """The key in the request: a bearer token, or the password of Basic authentication."""
    header = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    scheme, _, credentials = header.decode("latin-1").partition(" ")
    if scheme.lower() == "basic":
        return _password(credentials)
    return credentials.strip() if scheme.lower() == "bearer" else ""


def _password(credentials: str) -> str:
    try:
        decoded = base64.b64decode(credentials, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
    return decoded.partition(":")[2]


def _address(scope: Scope) -> str:
    """The client's IPv4 address, or its IPv6 /64 network, since one host may use all of that."""
    client = scope.get("client")
    if not client:
        return "unknown"
    try:
        address = ip_address(str(client[0]).partition("%")[0])
    except ValueError:
        return str(client[0])
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Network((address, 64), strict=False))
    return str(address)
