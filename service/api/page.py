"""Serves the web page at / from service/web; its headers allow only files of this service."""

import gzip
import mimetypes
from collections.abc import Iterator
from functools import cache
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
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; media-src http: https:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",  # browsers check the ETag each time, so versions never mix
    "Vary": "Accept-Encoding",
}
_WHOLE = (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)


class _Web(StaticFiles):
    """The files, packed if the client takes it and they become smaller."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        request = Request(scope)
        packed = _packed_files().get(path)
        if packed and accepts_gzip(request) and response.status_code in _WHOLE:
            response = _of(request, packed, response)
        response.headers.update(_HEADERS)
        return response


class _Packed(NamedTuple):
    content: bytes
    tag: str


@cache
def _packed_files() -> dict[str, _Packed]:
    """By path; made once, when the application is created."""
    files = {path.relative_to(WEB).as_posix(): path.read_bytes() for path in _files()}
    packed = {path: gzip.compress(content, 9, mtime=0) for path, content in files.items()}
    return {
        path: _Packed(content, f'"{sha256(content).hexdigest()[:32]}-gzip"')
        for path, content in packed.items()
        if len(content) < len(files[path])
    }


def _files() -> Iterator[Path]:
    return (path for path in WEB.rglob("*") if path.is_file())


def _of(request: Request, packed: _Packed, plain: Response) -> Response:
    headers = {"ETag": packed.tag, "Content-Encoding": "gzip"}
    if matches(request, packed.tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    kind = plain.headers.get("Content-Type") or mimetypes.guess_type(request.url.path)[0]
    return Response(packed.content, headers=headers, media_type=kind)


def install(app: FastAPI) -> None:
    web = _Web(directory=WEB)
    _packed_files()

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def page(request: Request) -> Response:
        return await web.get_response("index.html", request.scope)

    app.mount("/web", web)
