"""Serves the tools at /mcp, without sessions, so that any worker can answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from service.client import AsyncClient
from service.mcp.server import create_server

PATH = "/mcp"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_IN_PROCESS = "http://localhost"


class Endpoint(Route):
    """A route that answers JSON-RPC by asking `app` in this process."""

    def __init__(self, app: ASGIApp, *, loopback_only: bool) -> None:
        transport = httpx2.ASGITransport(app=_Admitted(app), raise_app_exceptions=False)
        self._client = AsyncClient(_IN_PROCESS, transport=transport, retries=0)
        self._server = create_server(self._client)
        self._server.streamable_http_app(  # creates its session manager
            stateless_http=True,
            json_response=True,
            transport_security=_security(loopback_only),
        )
        super().__init__(PATH, self._server.session_manager.asgi_app, methods=["POST"])

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Names the route, as FastAPI's own routes do, for metrics and errors."""
        match, child = super().matches(scope)
        return match, {**child, "route": self}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the session manager while requests are answered; only once for an endpoint."""
        async with self._client, self._server.session_manager.run():
            yield


class _Admitted:
    """Marks a request as made by an admitted request of this process, which packs nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [each for each in scope["headers"] if each[0] != b"accept-encoding"]
        await self._app({**scope, "headers": headers, "admitted": True}, receive, send)


def _security(loopback_only: bool) -> TransportSecuritySettings:
    """Refuses other Host headers, so that a web page cannot reach the tools by DNS rebinding."""
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=loopback_only,
        allowed_hosts=[*_LOOPBACK, *(f"{host}:*" for host in _LOOPBACK)],
        allowed_origins=[f"http://{host}:*" for host in _LOOPBACK],
    )
