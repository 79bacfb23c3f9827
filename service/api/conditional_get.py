"""Routes of large answers, packed if the client takes it: the feed and the map.

They change only with the snapshot, so that clients keep them for a while, and then ask whether they
have changed.
"""

import gzip
from collections.abc import Sequence
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Request, Response

from indexer.snapshot import Snapshot
from service.api.dependencies import batcher_of, pool_of, retriever_of
from service.api.parameters import described, from_query
from service.api.problem_details import problem, responses
from service.api.representations import accepts_gzip, caching, matches, not_modified, tag_of
from service.api.rss import MEDIA_TYPE, rss
from service.api.schemas.answers import MapBody
from service.api.schemas.requests import RssRequest
from service.search.query import Hit

router = APIRouter()

_KEPT = "max-age=300"
_LEVEL = 6
_INVALID = HTTPStatus.UNPROCESSABLE_ENTITY
_UNAVAILABLE = HTTPStatus.SERVICE_UNAVAILABLE


@router.get(
    "/search.rss",
    response_class=Response,
    responses={**responses(_INVALID, _UNAVAILABLE), 200: {"content": {MEDIA_TYPE: {}}}},
    openapi_extra=described(RssRequest),
)
async def search_rss(request: Request) -> Response:
    """The episodes that answer a question as an RSS feed for podcast apps, newest first."""
    asked = from_query(RssRequest, request)
    if not asked.q.strip():
        return problem(_INVALID, "The question in q is empty; ask in a few words.")
    retriever = retriever_of(request)
    zipped = accepts_gzip(request)
    tag = tag_of(request, retriever.snapshot.id)
    if matches(request, tag):
        return not_modified(request, tag, _KEPT)
    answer = await batcher_of(request).search(retriever, asked.question(retriever.good_match))
    page = f"{request.base_url}?{urlencode({'q': asked.q})}"
    address = str(request.url)
    feed = await pool_of(request).run(_feed, asked.q, page, address, answer.hits, zipped)
    return Response(feed, headers=_headers(request, tag, zipped), media_type=MEDIA_TYPE)


@router.get("/map", response_model=MapBody, responses=responses(_UNAVAILABLE))
async def map_(request: Request) -> Response:
    """A map of all episodes: a point for each, and clusters with names.

    Similar episodes lie near each other.
    """
    snapshot = retriever_of(request).snapshot
    zipped = accepts_gzip(request)
    tag = tag_of(request, snapshot.id)
    if matches(request, tag):
        return not_modified(request, tag, _KEPT)
    body = await pool_of(request).run(_map_body, snapshot, zipped)
    return Response(body, headers=_headers(request, tag, zipped), media_type="application/json")


def _feed(question: str, page: str, address: str, hits: Sequence[Hit], zipped: bool) -> bytes:
    episodes = [(orjson.loads(hit.episode), hit.moments) for hit in hits]
    feed = rss(question, page, address, episodes)
    return gzip.compress(feed, _LEVEL, mtime=0) if zipped else feed


def _map_body(snapshot: Snapshot, zipped: bool) -> bytes:
    body = b'{"snapshot":' + orjson.dumps(snapshot.id) + b"," + snapshot.map_json()[1:]
    return _gzipped(body) if zipped else body


@lru_cache(1)
def _gzipped(body: bytes) -> bytes:
    return gzip.compress(body, _LEVEL, mtime=0)


def _headers(request: Request, tag: str, zipped: bool) -> dict[str, str]:
    return caching(request, tag, _KEPT) | ({"Content-Encoding": "gzip"} if zipped else {})
