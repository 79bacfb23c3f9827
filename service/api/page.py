"""Serves the web page at / from service/web; its headers allow only files of this service."""

import asyncio
import gzip
import mimetypes
from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from fastapi import FastAPI, Request, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from service.api.representations import accepts_gzip, matches

WEB = Path(__file__).parent.parent / "web"

# Allows scripts, styles and images of this service only, and no markup created by scripts. Audio is
# where its podcast has it: any host of the web.
_POLICY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; media-src http: https:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_CACHING = {
    "Cache-Control": "no-cache",  # browsers check the ETag each time, so versions never mix
    "Vary": "Accept-Encoding",
}
_WHOLE = (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)


class PackedFiles(StaticFiles):
    """Files of a directory, packed if the client takes it and they become smaller."""

    def __init__(self, directory: Path, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(directory=directory)
        self._place = directory
        self._headers = {**_CACHING, **(headers or {})}
        self._packed: dict[str, _Packed | None] = {}  # what was asked for once

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        request = Request(scope)
        if response.status_code in _WHOLE and accepts_gzip(request):
            if path not in self._packed:
                self._packed[path] = await asyncio.to_thread(_pack, self._place / path)
            if packed := self._packed[path]:
                response = _of(request, packed, response)
        response.headers.update(self._headers)
        return response


class _Packed(NamedTuple):
    content: bytes
    tag: str


def _pack(file: Path) -> _Packed | None:
    """None if the file does not become smaller."""
    plain = file.read_bytes()
    content = gzip.compress(plain, 9, mtime=0)
    tag = f'"{sha256(content).hexdigest()[:32]}-gzip"'
    return _Packed(content, tag) if len(content) < len(plain) else None


def _of(request: Request, packed: _Packed, plain: Response) -> Response:
    headers = {"ETag": packed.tag, "Content-Encoding": "gzip"}
    if matches(request, packed.tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    kind = plain.headers.get("Content-Type") or mimetypes.guess_type(request.url.path)[0]
    return Response(packed.content, headers=headers, media_type=kind)


def install(app: FastAPI) -> None:
    web = PackedFiles(WEB, _POLICY)

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def page(request: Request) -> Response:
        return await web.get_response("index.html", request.scope)

    app.mount("/web", web)
