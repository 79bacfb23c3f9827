"""Limits the size of request bodies."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problem_details import problem

_CLOSE = {"Connection": "close"}  # cheaper than reading the rest of the body


class BodyLimit:
    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app = app
        self._most = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Counts a body without Content-Length while it arrives."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        told = {name: value for name, value in scope["headers"] if name in _OF_BODIES}
        if not told:
            return await self._app(scope, receive, send)
        if told.get(b"content-encoding", b"identity") != b"identity":
            detail = "Compressed bodies are not accepted; send the body uncompressed."
            refusal = problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, _CLOSE)
            return await refusal(scope, receive, send)
        if int(told.get(b"content-length", 0)) > self._most:
            refusal = problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"{self._detail}.", _CLOSE)
            return await refusal(scope, receive, send)
        return await self._app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._most:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._detail, _CLOSE)
            return message

        return receive_counted

    @property
    def _detail(self) -> str:
        return f"The body is larger than {self._most} bytes; send a smaller one"


_OF_BODIES = {b"content-length", b"content-encoding", b"transfer-encoding"}
