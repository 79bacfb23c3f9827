"""Answers HEAD wherever GET is answered: the same headers without a body (RFC 9110, 9.3.2)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Head:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            return await self._app(scope, receive, send)
        scope["method"] = "GET"

        async def send_headers(message: Message) -> None:
            scope["method"] = "HEAD"  # the server counts the bytes of a body by the method
            body = {"body": b""} if message["type"] == "http.response.body" else {}
            await send({**message, **body})

        return await self._app(scope, receive, send_headers)
