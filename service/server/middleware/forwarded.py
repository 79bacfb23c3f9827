"""Applies the X-Forwarded headers of trusted proxies: client address, scheme, host and prefix."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

Network = IPv4Network | IPv6Network

_HOST, _PREFIX = b"x-forwarded-host", b"x-forwarded-prefix"
_VALID_PREFIX = re.compile(r"(?:/[\w.~-]+)+")
_VALID_HOST = re.compile(rb"[\w.:\[\]-]{1,255}")


class Forwarded:
    """uvicorn applies X-Forwarded-For and -Proto, this class -Host and -Prefix.

    Headers of other peers are ignored. `root_path` is the prefix if the proxy sends none; the proxy
    removes the prefix from the path.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[str], root_path: str) -> None:
        self._app = app
        by_uvicorn: Any = ProxyHeadersMiddleware  # which has types of its own for ASGI
        self._from_proxy: ASGIApp = by_uvicorn(app, [*trusted])
        self._trusted = networks(trusted)
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        trusted = self._is_trusted(scope)
        told = dict(scope["headers"]) if trusted else {}
        _move(scope, _prefix(told.get(_PREFIX)) or self._root_path)
        if host := _last(told.get(_HOST)):
            headers = [each for each in scope["headers"] if each[0] != b"host"]
            scope["headers"] = [*headers, (b"host", host)]
        return await (self._from_proxy if trusted else self._app)(scope, receive, send)

    def _is_trusted(self, scope: Scope) -> bool:
        client = scope.get("client")
        try:
            peer = ip_address(client[0]) if client else None
        except ValueError:
            return False
        return peer is not None and any(peer in network for network in self._trusted)


def networks(addresses: Sequence[str]) -> tuple[Network, ...]:
    """Raises ValueError."""
    return tuple(ip_network(address) for address in addresses)


def path_within(scope: Scope) -> str:
    """The path without the prefix under which a proxy serves the service."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _move(scope: Scope, prefix: str) -> None:
    """Put the application at `prefix`, as ASGI tells it: the path begins with the root path."""
    if prefix:
        scope["root_path"] = prefix
        scope["path"] = prefix + scope["path"]
        scope["raw_path"] = prefix.encode() + scope["raw_path"]


def _prefix(value: bytes | None) -> str:
    prefix = (value or b"").decode("latin-1").rstrip("/")
    return prefix if _VALID_PREFIX.fullmatch(prefix) else ""


def _last(value: bytes | None) -> bytes | None:
    """The host in the header of the nearest proxy."""
    host = (value or b"").split(b",")[-1].strip()
    return host if _VALID_HOST.fullmatch(host) else None
