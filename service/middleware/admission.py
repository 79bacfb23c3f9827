"""Whether there is room for one more question; if not, it is said before any of it is read.

In a crowd most of the work is refusing, so a refusal has to cost little.
"""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from service.problems import overloaded

_QUEUED = "/search"


class Admission:
    def __init__(self, app: ASGIApp, is_full: Callable[[], bool]) -> None:
        self._app = app
        self._is_full = is_full

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        queued = scope["type"] == "http" and scope["path"].startswith(_QUEUED)
        app = overloaded() if queued and self._is_full() else self._app
        await app(scope, receive, send)
