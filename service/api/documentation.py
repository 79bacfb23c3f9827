"""Serves the OpenAPI document, and the files of the pages that show it, packed and kept."""

import gzip
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from fastapi import FastAPI, Request, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from service.api.page import PackedFiles
from service.api.representations import accepts_gzip, caching, matches, not_modified

_LEVEL = 6
_PREFIXES = 8  # of proxies, whose documents are kept


class _Document(NamedTuple):
    content: bytes
    tag: str


def install(app: FastAPI, made: Sequence[BaseRoute]) -> None:
    """Add the routes that FastAPI has `made`, but for its document and its plain files."""

    @lru_cache(_PREFIXES)
    def document(prefix: str, zipped: bool) -> _Document:
        content = orjson.dumps(_below(prefix, app.openapi()))
        content = gzip.compress(content, _LEVEL, mtime=0) if zipped else content
        return _Document(content, f'"{sha256(content).hexdigest()[:32]}"')

    async def openapi(request: Request) -> Response:
        zipped = accepts_gzip(request)
        content, tag = document(request.scope.get("root_path", ""), zipped)
        if matches(request, tag):
            return not_modified(request, tag)
        encoded = {"Content-Encoding": "gzip"} if zipped else {}
        headers = caching(request, tag) | encoded
        return Response(content, headers=headers, media_type="application/json")

    for route in made:
        if isinstance(route, Route) and route.path == app.openapi_url:
            app.add_api_route(route.path, openapi, include_in_schema=False)
        elif isinstance(route, Mount) and isinstance(route.app, StaticFiles):
            app.mount(route.path, PackedFiles(Path(str(route.app.directory))), name=route.name)
        else:
            app.router.routes.append(route)


def _below(prefix: str, described: dict[str, Any]) -> dict[str, Any]:
    """The document for clients that ask below `prefix`."""
    return {**described, "servers": [{"url": prefix}]} if prefix else described
