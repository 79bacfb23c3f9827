"""Routes for operators: health, readiness, metrics, and reload, which needs an admin key."""

import asyncio
from http import HTTPStatus

from fastapi import APIRouter, Depends, Request, Response

from indexer.errors import EngineUnavailable, NoSnapshot
from service.api.dependencies import admin_only, reader_of
from service.api.problem_details import problem, responses
from service.api.schemas.operations import Health, Readiness
from service.snapshots.reader import SnapshotReader
from service.telemetry import metrics

router = APIRouter()

_UNAVAILABLE = HTTPStatus.SERVICE_UNAVAILABLE


@router.get("/healthz")
async def healthz() -> Health:
    """The process is alive."""
    return Health()


@router.get("/readyz", response_model=Readiness, responses=responses(_UNAVAILABLE))
async def readyz(request: Request) -> Response | Readiness:
    """Whether questions can be answered; if not, why."""
    return _readiness(reader_of(request))


@router.post(
    "/admin/reload",
    response_model=Readiness,
    responses=responses(_UNAVAILABLE),
    dependencies=[Depends(admin_only)],
)
async def reload(request: Request) -> Response | Readiness:
    """Read the API keys again and look for a new snapshot now, in all worker processes."""
    reader, keys = reader_of(request), request.app.state.keys
    if reload_others := request.app.state.reload_others:
        reload_others()
    await asyncio.to_thread(keys.reload)
    await asyncio.to_thread(reader.refresh, at_once=True)
    return _readiness(reader, keys.problem)


@router.get("/metrics", response_class=Response)
def metrics_in_text(request: Request) -> Response:
    """Metrics in the Prometheus text format."""
    reader = reader_of(request)
    return Response(metrics.exposition(reader.snapshot, reader.problem), media_type=metrics.TYPE)


def _readiness(reader: SnapshotReader, problem_of_keys: str | None = None) -> Response | Readiness:
    try:
        snapshot = reader.retriever.snapshot.id
        reader.refuse_unavailable()
    except (NoSnapshot, EngineUnavailable) as error:
        return problem(_UNAVAILABLE, str(error), {"Retry-After": "1"})
    return Readiness(snapshot=snapshot, problem=reader.problem or problem_of_keys)
