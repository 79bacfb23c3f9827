"""What is asked for again and again, and changes with the snapshot alone: the feed, the map.

Each has a tag of the snapshot and the address, so that an unchanged one is told in a line (304)
and is never made again.
"""

import gzip
from functools import lru_cache
from hashlib import blake2b
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends, Request, Response

from service.api.dependencies import batcher_of, reader_of
from service.api.parameters import described, from_query
from service.api.problem_details import problem, responses
from service.api.rss import MEDIA_TYPE, rss
from service.api.schemas import MapBody, RssRequest

router = APIRouter()

_CACHED = "public, max-age=300"  # seconds
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
    """The episodes that answer a question, the newest first, to be followed in a podcast app."""
    if not asked.q.strip():
        return problem(_INVALID, "The question in q is empty; ask in a few words.")
    retriever = reader_of(request).retriever
    tag = _tag(request, retriever.snapshot.id)
    if _has(request, tag):
        return _unchanged(tag)
    answer = await batcher_of(request).search(retriever, asked.question())
    page = f"{request.base_url}?{urlencode({'q': asked.q})}"
    feed = rss(asked.q, page, str(request.url), [orjson.loads(hit.episode) for hit in answer.hits])
    return _fresh(feed, MEDIA_TYPE, tag)


@router.get("/map", response_model=MapBody, responses=responses(_UNAVAILABLE))
async def map_(request: Request) -> Response:
    """Where each episode lies in a picture of all, and what the clusters are about."""
    snapshot = reader_of(request).retriever.snapshot
    tag = _tag(request, snapshot.id)
    if _has(request, tag):
        return _unchanged(tag)
    body = b'{"snapshot":' + orjson.dumps(snapshot.id) + b"," + snapshot.map()[1:]
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return _fresh(body, "application/json", tag)
    response = _fresh(_packed(body), "application/json", tag)
    response.headers["Content-Encoding"] = "gzip"
    return response


@lru_cache(1)
def _packed(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


def _tag(request: Request, snapshot_id: str) -> str:
    address = blake2b(str(request.url).encode(), digest_size=8).hexdigest()
    return f'"{snapshot_id}-{address}"'


def _has(request: Request, tag: str) -> bool:
    """By a weak comparison, as RFC 9110 has it for If-None-Match."""
    known = request.headers.get("If-None-Match", "").split(",")
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in known)


def _unchanged(tag: str) -> Response:
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=_headers(tag))


def _fresh(body: bytes, media_type: str, tag: str) -> Response:
    return Response(body, headers=_headers(tag), media_type=media_type)


def _headers(tag: str) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": _CACHED, "Vary": "Accept-Encoding"}
