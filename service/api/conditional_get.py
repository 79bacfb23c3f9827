"""Routes with conditional GET: the feed and the map, which change only with the snapshot.

The ETag is made of the snapshot, the address and the encoding. A client that sends the current tag
gets 304, and nothing is computed.
"""

import gzip
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends, Request, Response

from indexer.snapshot import Snapshot
from service.api.dependencies import batcher_of, pool_of, reader_of
from service.api.parameters import described, from_query
from service.api.problem_details import problem, responses
from service.api.rss import MEDIA_TYPE, rss
from service.api.schemas.answers import MapBody
from service.api.schemas.requests import RssRequest
from service.search.query import Hit

router = APIRouter()

_MAX_AGE_SECONDS = 300
_INVALID = HTTPStatus.UNPROCESSABLE_ENTITY
_UNAVAILABLE = HTTPStatus.SERVICE_UNAVAILABLE


@router.get(
    "/search.rss",
    response_class=Response,
    responses={**responses(_INVALID, _UNAVAILABLE), 200: {"content": {MEDIA_TYPE: {}}}},
    openapi_extra=described(RssRequest),
)
async def search_rss(
    request: Request, asked: Annotated[RssRequest, Depends(from_query(RssRequest))]
) -> Response:
    """The episodes that answer a question as an RSS feed for podcast apps, newest first."""
    if not asked.q.strip():
        return problem(_INVALID, "The question in q is empty; ask in a few words.")
    retriever = reader_of(request).retriever
    tag = _tag(request, retriever.snapshot.id)
    if _matches(request, tag):
        return _not_modified(request, tag)
    answer = await batcher_of(request).search(retriever, asked.question())
    page = f"{request.base_url}?{urlencode({'q': asked.q})}"
    feed = await pool_of(request).run(_feed, asked.q, page, str(request.url), answer.hits)
    return Response(feed, headers=_headers(request, tag), media_type=MEDIA_TYPE)


@router.get("/map", response_model=MapBody, responses=responses(_UNAVAILABLE))
async def map_(request: Request) -> Response:
    """A map of all episodes: a point for each, and clusters with names.

    Similar episodes lie near each other.
    """
    snapshot = reader_of(request).retriever.snapshot
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    tag = _tag(request, snapshot.id, "gzip" if zipped else "")
    if _matches(request, tag):
        return _not_modified(request, tag)
    body = await pool_of(request).run(_map_body, snapshot, zipped)
    headers = _headers(request, tag) | ({"Content-Encoding": "gzip"} if zipped else {})
    return Response(body, headers=headers, media_type="application/json")


def _feed(question: str, page: str, address: str, hits: Sequence[Hit]) -> bytes:
    return rss(question, page, address, [(orjson.loads(hit.episode), hit.moments) for hit in hits])


def _map_body(snapshot: Snapshot, zipped: bool) -> bytes:
    body = b'{"snapshot":' + orjson.dumps(snapshot.id) + b"," + snapshot.map_json()[1:]
    return _gzipped(body) if zipped else body


@lru_cache(1)
def _gzipped(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


def _tag(request: Request, snapshot_id: str, encoding: str = "") -> str:
    """A strong ETag, different for each encoding of the body."""
    address = blake2b(f"{request.url} {encoding}".encode(), digest_size=8).hexdigest()
    return f'"{snapshot_id}-{address}"'


def _matches(request: Request, tag: str) -> bool:
    """Whether If-None-Match names the tag, by weak comparison (RFC 9110)."""
    known = request.headers.get("If-None-Match", "").split(",")
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in known)


def _not_modified(request: Request, tag: str) -> Response:
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=_headers(request, tag))


def _headers(request: Request, tag: str) -> dict[str, str]:
    """The headers for caching; shared caches may store only answers that need no key."""
    scope = "private" if request.scope.get("key") else "public"
    return {
        "ETag": tag,
        "Cache-Control": f"{scope}, max-age={_MAX_AGE_SECONDS}",
        "Vary": "Accept-Encoding, Authorization",
    }
