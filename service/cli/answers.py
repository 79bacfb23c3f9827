"""Gets JSON answers of the routes from a running service or from a local snapshot.

For a local snapshot, the same application runs in this process, so the answers are the same.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx2

from service.__main__ import ONE_THREAD_A_CALL
from service.client.calls import detail_of, failure, headers
from service.client.errors import NotReachable, another_version

_TIMEOUT_SECONDS = 60.0
LOCAL_URL = "http://localhost"

Parameters = Mapping[str, str | int | float | bool | list[str] | None]


@dataclass(frozen=True)
class Source:
    """Where answers come from: the service at `url`, or else the snapshot in `snapshots`."""

    snapshots: str
    url: str | None = None
    key: str | None = None

    def get(self, path: str, parameters: Parameters) -> dict[str, Any]:
        """The JSON body of GET `path`. Raises NotReachable, also without a snapshot, or Refused."""
        given = {name: value for name, value in parameters.items() if value is not None}
        response = self._remote(path, given) if self.url else asyncio.run(self._local(path, given))
        if not self.url and response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            raise NotReachable(detail_of(response))  # no snapshot that can be opened
        if not response.is_success:
            raise failure(response)
        try:
            body: dict[str, Any] = response.json()
        except ValueError as error:
            raise another_version(response.url) from error
        return body

    def _remote(self, path: str, parameters: dict[str, Any]) -> httpx2.Response:
        address = f"{str(self.url).rstrip('/')}{path}"
        try:
            return httpx2.get(
                address, params=parameters, headers=headers(self.key), timeout=_TIMEOUT_SECONDS
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise NotReachable(f"{self.url} does not answer ({error}).") from error

    async def _local(self, path: str, parameters: dict[str, Any]) -> httpx2.Response:
        async with (
            local_transport(self.snapshots) as transport,
            httpx2.AsyncClient(transport=transport, base_url=LOCAL_URL) as client,
        ):
            return await client.get(path, params=parameters)


@asynccontextmanager
async def local_transport(snapshots: str) -> AsyncIterator[httpx2.ASGITransport]:
    """The application in this process, over the snapshot published in `snapshots`."""
    os.environ.update(ONE_THREAD_A_CALL)
    from service.app import create_app  # after the variables: numpy reads them when imported
    from service.settings import Settings

    logging.getLogger("uvicorn.error").addHandler(logging.NullHandler())  # answers tell it too
    app = create_app(Settings(snapshots=snapshots))
    async with app.router.lifespan_context(app):
        yield httpx2.ASGITransport(app=app)
