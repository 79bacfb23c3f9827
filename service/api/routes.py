"""The routes of search, similar episodes and browsing."""

import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from service.api.dependencies import batcher_of, pool_of, retriever_of
from service.api.parameters import described, from_query
from service.api.problem_details import problem, responses
from service.api.representations import kept_json, matches, not_modified, tag_of
from service.api.schemas.answers import (
    EpisodesResponse,
    LikeResponse,
    MomentsResponse,
    PodcastsResponse,
    SearchResponse,
    SimilarResponse,
    TranscriptResponse,
)
from service.api.schemas.episodes import EpisodeBody
from service.api.schemas.operations import SnapshotBody
from service.api.schemas.requests import (
    BrowseRequest,
    LikeRequest,
    MomentsRequest,
    PodcastsRequest,
    SearchParameters,
    SearchRequest,
    SimilarRequest,
)
from service.search import browse
from service.search.query import Hit, Meant
from service.search.similar import SimilarHit, SimilarQuery

router = APIRouter()

_UNREADABLE = HTTPStatus.BAD_REQUEST
_INVALID = HTTPStatus.UNPROCESSABLE_ENTITY
_UNKNOWN = HTTPStatus.NOT_FOUND
_CONFLICT = HTTPStatus.CONFLICT
_UNAVAILABLE = HTTPStatus.SERVICE_UNAVAILABLE
_MODELS = ("encoder", "document_encoder", "reranker")  # in the manifest


@router.get(
    "/search",
    response_model=SearchResponse,
    responses=responses(_INVALID, _UNAVAILABLE),
    openapi_extra=described(SearchParameters),
)
async def search(request: Request) -> Response:
    """Episodes that answer a question, best first."""
    return await _search(request, from_query(SearchParameters, request))


@router.post(
    "/search",
    response_model=SearchResponse,
    responses=responses(_UNREADABLE, _INVALID, _UNAVAILABLE),
)
async def search_long(request: Request, asked: SearchRequest) -> Response:
    """The same as GET /search, for questions that are too long for an address."""
    return await _search(request, asked)


async def _search(request: Request, asked: SearchRequest) -> Response:
    started = time.perf_counter()
    if not asked.q.strip():
        return problem(_INVALID, "The question in q is empty; ask in a few words.")
    request.state.question = asked.q
    retriever = retriever_of(request)
    answer = await batcher_of(request).search(retriever, asked.question())
    echo: dict[str, Any] = {
        "query": asked.q,
        "answered": answer.answered,
        "good_match": retriever.good_match,
    }
    if answer.understood:
        echo["understood"] = answer.understood
    if answer.facets is not None:
        echo["facets"] = answer.facets
    if answer.meant is not None:
        echo["did_you_mean"] = _meant(answer.meant)
    return _answer(echo, retriever.snapshot.id, started, [_shown(hit) for hit in answer.hits])


@router.get(
    "/episodes",
    response_model=EpisodesResponse,
    responses=responses(_INVALID, _UNKNOWN, _UNAVAILABLE),
    openapi_extra=described(BrowseRequest),
)
async def episodes(request: Request) -> Response:
    """All episodes that pass the filters, newest first."""
    asked = from_query(BrowseRequest, request)
    snapshot = retriever_of(request).snapshot
    tag = tag_of(request, snapshot.id)
    if matches(request, tag):
        return not_modified(request, tag)
    page = await pool_of(request).run(
        browse.browse, snapshot, asked.filters(), asked.facets, asked.limit, asked.cursor
    )
    body: dict[str, Any] = {"snapshot": snapshot.id, "total": page.total, "next": page.next}
    if page.facets is not None:
        body["facets"] = page.facets
    next_page = {"cursor": page.next} if page.next else None
    body["episodes"] = [*map(orjson.Fragment, page.records)]
    return await _page(request, tag, body, next_page)


@router.get(
    "/podcasts",
    response_model=PodcastsResponse,
    responses=responses(_INVALID, _UNAVAILABLE),
    openapi_extra=described(PodcastsRequest),
)
async def podcasts(request: Request) -> Response:
    """Podcasts, sorted by title or by number of episodes."""
    asked = from_query(PodcastsRequest, request)
    snapshot = retriever_of(request).snapshot
    tag = tag_of(request, snapshot.id)
    if matches(request, tag):
        return not_modified(request, tag)
    page, total = await pool_of(request).run(
        browse.podcasts, snapshot, asked.sort, asked.limit, asked.offset
    )
    after = asked.offset + asked.limit
    next_page = {"offset": after} if after < total else None
    body = {"snapshot": snapshot.id, "total": total, "podcasts": page}
    return await _page(request, tag, body, next_page)


@router.get(
    "/episodes/{episode_id:path}/similar",
    response_model=SimilarResponse,
    responses=responses(_INVALID, _UNKNOWN, _UNAVAILABLE),
    openapi_extra=described(SimilarRequest),
)
async def similar_to_one(request: Request, episode_id: str) -> Response:
    """Episodes similar to this one, most similar first, each with the sentences that match."""
    asked = from_query(SimilarRequest, request)
    retriever_of(request).snapshot.episodes.row_of(episode_id)  # 404 for an unknown id
    return await _similar(request, {"episode": episode_id}, asked.similar_query((episode_id,)))


@router.post(
    "/similar",
    response_model=LikeResponse,
    responses=responses(_UNREADABLE, _INVALID, _UNKNOWN, _CONFLICT, _UNAVAILABLE),
)
async def similar(request: Request, asked: LikeRequest) -> Response:
    """Episodes similar to the liked episodes or texts, and dissimilar to the unliked ones."""
    if both := asked.contradictions:
        return problem(_CONFLICT, f"{both[0][:80]!r} is in both like and unlike; remove one.")
    echo: dict[str, Any] = {"like": asked.like, "unlike": asked.unlike}
    return await _similar(request, echo, asked.like_query())


async def _similar(request: Request, echo: dict[str, Any], query: SimilarQuery) -> Response:
    started = time.perf_counter()
    retriever = retriever_of(request)
    hits = await pool_of(request).run(retriever.similar.hits, query)
    shown = [_shown(hit) | _reason(hit) for hit in hits]
    return _answer(echo, retriever.snapshot.id, started, shown)


@router.get(
    "/episodes/{episode_id:path}/moments",
    response_model=MomentsResponse,
    responses=responses(_INVALID, _UNKNOWN, _UNAVAILABLE),
    openapi_extra=described(MomentsRequest),
)
async def moments(request: Request, episode_id: str) -> Response:
    """The moments of one episode that match a question best, best first."""
    asked = from_query(MomentsRequest, request)
    retriever = retriever_of(request)
    row = retriever.snapshot.episodes.row_of(episode_id)
    if not asked.q.strip():
        return problem(_INVALID, "The question in q is empty; ask in a few words.")
    found = await pool_of(request).run(retriever.moments, row, asked.q, asked.k)
    body = {"episode": episode_id, "query": asked.q, "snapshot": retriever.snapshot.id}
    return _json(orjson.dumps({**body, "moments": found}))


@router.get(
    "/episodes/{episode_id:path}/transcript",
    response_model=TranscriptResponse,
    responses=responses(_UNKNOWN, _UNAVAILABLE),
)
async def transcript(request: Request, episode_id: str) -> Response:
    """What is said in an episode, in order; an empty list if its transcript is not indexed."""
    snapshot = retriever_of(request).snapshot
    row, tag = snapshot.episodes.row_of(episode_id), tag_of(request, snapshot.id)
    if matches(request, tag):
        return not_modified(request, tag)
    said = snapshot.indexes.said
    passages = await pool_of(request).run(said.passages, row) if said else []
    body = {"episode": episode_id, "snapshot": snapshot.id}
    told = orjson.dumps({**body, "passages": [each._asdict() for each in passages]})
    return await kept_json(request, told, tag)


@router.get(
    "/episodes/{episode_id:path}",
    response_model=EpisodeBody,
    responses=responses(_UNKNOWN, _UNAVAILABLE),
)
async def episode(request: Request, episode_id: str) -> Response:
    """One episode by its id."""
    snapshot = retriever_of(request).snapshot
    row, tag = snapshot.episodes.row_of(episode_id), tag_of(request, snapshot.id)
    if matches(request, tag):
        return not_modified(request, tag)
    return await kept_json(request, snapshot.episodes.record(row), tag)


@router.get("/snapshot", response_model=SnapshotBody, responses=responses(_UNAVAILABLE))
async def snapshot(request: Request) -> Response:
    """The snapshot in force: its corpus, encoder and index."""
    manifest = retriever_of(request).snapshot.manifest
    tag = tag_of(request, manifest.snapshot_id)
    if matches(request, tag):
        return not_modified(request, tag)
    public = {"fingerprint": manifest.fingerprint} | manifest.model_dump(
        mode="json",
        exclude={
            "files": True,
            "corpus": {"sources", "first_skipped"},
            **{name: {"probes", "files"} for name in _MODELS},
        },
    )
    for name in _MODELS:
        if record := getattr(manifest, name):
            public[name]["model"] = record.public_model
    body = SnapshotBody.model_validate(public).model_dump_json()
    return await kept_json(request, body.encode(), tag)


def _answer(
    asked: dict[str, Any], snapshot_id: str, started: float, hits: Sequence[dict[str, Any]]
) -> Response:
    took_ms = round((time.perf_counter() - started) * 1000, 3)
    body = {**asked, "snapshot": snapshot_id, "took_ms": took_ms, "hits": hits}
    return _json(orjson.dumps(body))


def _shown(hit: Hit | SimilarHit) -> dict[str, Any]:
    """The JSON fields of a hit; the episode is stored as JSON and copied unparsed."""
    return {
        "rank": hit.rank,
        "score": hit.score,
        "relevance": hit.relevance,
        "scores": hit.scores,
        "highlight": hit.highlight,
        "moments": hit.moments,
        "episode": orjson.Fragment(hit.episode),
    }


def _meant(meant: Meant) -> dict[str, Any]:
    return {
        "query": meant.query,
        "answered": meant.answer.answered,
        "hits": [_shown(hit) for hit in meant.answer.hits],
    }


def _reason(hit: SimilarHit) -> dict[str, Any]:
    return {
        "because": hit.because,
        "same_series": hit.same_series,
        "duplicate_of": hit.duplicate_of,
    }


async def _page(
    request: Request, tag: str, body: dict[str, Any], next_page: Mapping[str, str | int] | None
) -> Response:
    """A page of a listing; the header Link names the next one (RFC 8288)."""
    response = await kept_json(request, orjson.dumps(body), tag)
    if next_page:
        address = request.url.include_query_params(**next_page)
        response.headers["Link"] = f'<{address}>; rel="next"'
    return response


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
