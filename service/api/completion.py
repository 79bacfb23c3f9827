"""The route that completes what is typed."""

import time
from dataclasses import asdict
from http import HTTPStatus

from fastapi import APIRouter, Request

from service.api.dependencies import pool_of, retriever_of
from service.api.parameters import described, from_query
from service.api.problem_details import responses
from service.api.schemas.completion import SuggestRequest, SuggestResponse

router = APIRouter()


@router.get(
    "/suggest",
    responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
    openapi_extra=described(SuggestRequest),
)
async def suggest(request: Request) -> SuggestResponse:
    """Titles, podcasts, people and tags that what is typed may become, best first."""
    asked = from_query(SuggestRequest, request)
    started = time.perf_counter()
    retriever = retriever_of(request)
    complete = retriever.completion.complete
    found = await pool_of(request).run(complete, asked.q, asked.filters(), asked.limit)
    took_ms = round((time.perf_counter() - started) * 1000, 3)
    return SuggestResponse.model_validate(
        {
            "query": asked.q,
            "snapshot": retriever.snapshot.id,
            "took_ms": took_ms,
            "suggestions": [asdict(each) for each in found],
        }
    )
