"""Answers where the application fails, within the middleware that adds headers to every answer."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.problem_details import unexpected
from service.server.middleware.sending import Sending


class Failure:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        sending = Sending(send)
        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            if sending.started:
                raise
            await unexpected(Request(scope), error)(scope, receive, send)
