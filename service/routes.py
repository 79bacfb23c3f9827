"""Parse -> retriever -> shape."""

import asyncio
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request, Response

from indexer.errors import NoSnapshot
from service.batcher import Batcher
from service.problems import problem, responses
from service.reader import Reader
from service.retriever import Hit, Mode, Question
from service.schemas import (
    MODES,
    EpisodeBody,
    Health,
    HitCount,
    Offset,
    QuestionText,
    Readiness,
    Relevance,
    SearchRequest,
    SearchResponse,
    SimilarResponse,
    SnapshotBody,
)

router = APIRouter()

_INVALID = HTTPStatus.UNPROCESSABLE_ENTITY
_UNKNOWN = HTTPStatus.NOT_FOUND
_UNAVAILABLE = HTTPStatus.SERVICE_UNAVAILABLE


@router.get("/search", response_model=SearchResponse, responses=responses(_INVALID, _UNAVAILABLE))
async def search(
    request: Request,
    q: Annotated[QuestionText, Query()],
    k: Annotated[HitCount, Query()] = 10,
    offset: Annotated[Offset, Query()] = 0,
    mode: Annotated[Mode, Query(description=MODES)] = "hybrid",
    min_relevance: Annotated[Relevance, Query()] = 0,
) -> Response:
    """Episodes that answer a question, best first."""
    return await _search(request, Question(q, k, offset, mode, min_relevance))


@router.post("/search", response_model=SearchResponse, responses=responses(_INVALID, _UNAVAILABLE))
async def search_long(request: Request, body: SearchRequest) -> Response:
    """The same as GET, for questions too long for an address."""
    return await _search(
        request, Question(body.q, body.k, body.offset, body.mode, body.min_relevance)
    )


async def _search(request: Request, question: Question) -> Response:
    started = time.perf_counter()
    if not question.text.strip():
        return problem(_INVALID, "The question in q is empty; ask in a few words.")
    retriever = _reader(request).retriever
    answer = await _batcher(request).search(retriever, question)
    asked = {"query": question.text, "answered": answer.answered}
    return _answer(asked, retriever.snapshot.id, started, answer.hits)


@router.get(
    "/episodes/{episode_id:path}/similar",
    response_model=SimilarResponse,
    responses=responses(_INVALID, _UNKNOWN, _UNAVAILABLE),
)
async def similar(
    request: Request, episode_id: str, k: Annotated[HitCount, Query()] = 10
) -> Response:
    """Other episodes like this one, most alike first."""
    started = time.perf_counter()
    retriever = _reader(request).retriever
    hits = await asyncio.to_thread(retriever.similar, episode_id, k)
    return _answer({"episode": episode_id}, retriever.snapshot.id, started, hits)


@router.get(
    "/episodes/{episode_id:path}",
    response_model=EpisodeBody,
    responses=responses(_UNKNOWN, _UNAVAILABLE),
)
async def episode(request: Request, episode_id: str) -> Response:
    """One episode by its id."""
    episodes = _reader(request).retriever.snapshot.episodes
    return _json(episodes.record(episodes.row_of(episode_id)))


@router.get("/healthz")
async def healthz() -> Health:
    """The process is alive."""
    return Health()


@router.get("/readyz", response_model=Readiness, responses=responses(_UNAVAILABLE))
async def readyz(request: Request) -> Response | Readiness:
    """Questions can be answered; if not, why."""
    reader = _reader(request)
    try:
        return Readiness(snapshot=reader.retriever.snapshot.id, problem=reader.problem)
    except NoSnapshot as error:
        return problem(_UNAVAILABLE, str(error), {"Retry-After": "1"})


@router.get("/snapshot", responses=responses(_UNAVAILABLE))
async def snapshot(request: Request) -> SnapshotBody:
    """What is being served: its corpus, encoder and index."""
    manifest = _reader(request).retriever.snapshot.manifest
    public = {"fingerprint": manifest.fingerprint} | manifest.model_dump(
        mode="json",
        exclude={
            "files": True,
            "corpus": {"sources", "first_skipped"},
            "encoder": {"probes", "files"},
            "reranker": {"probes", "files"},
        },
    )
    return SnapshotBody.model_validate(public)


def _reader(request: Request) -> Reader:
    reader: Reader = request.app.state.reader
    return reader


def _batcher(request: Request) -> Batcher:
    batcher: Batcher = request.app.state.batcher
    return batcher


def _answer(
    asked: dict[str, object], snapshot_id: str, started: float, hits: Sequence[Hit]
) -> Response:
    """Stored episodes are JSON already and go out as they are."""
    body = {
        **asked,
        "snapshot": snapshot_id,
        "took_ms": round((time.perf_counter() - started) * 1000, 3),
        "hits": [
            {
                "rank": hit.rank,
                "score": hit.score,
                "relevance": hit.relevance,
                "scores": hit.scores,
                "highlight": hit.highlight,
                "episode": orjson.Fragment(hit.episode),
            }
            for hit in hits
        ],
    }
    return _json(orjson.dumps(body))


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
