"""Dependencies of the routes: objects of the application's state, and the check for admin keys."""

from http import HTTPStatus

from fastapi import Request
from starlette.exceptions import HTTPException

from service.keys import Key
from service.search.execution.batcher import Batcher
from service.search.execution.thread_pool import ThreadPool
from service.snapshots.reader import SnapshotReader
from service.telemetry import metrics


def reader_of(request: Request) -> SnapshotReader:
    reader: SnapshotReader = request.app.state.reader
    return reader


def batcher_of(request: Request) -> Batcher:
    batcher: Batcher = request.app.state.batcher
    return batcher


def pool_of(request: Request) -> ThreadPool:
    pool: ThreadPool = request.app.state.pool
    return pool


def admin_only(request: Request) -> None:
    """Raises HTTPException (403) unless the request's key has the scope admin."""
    key: Key | None = request.scope.get("key")
    if not key:
        metrics.refused("key")
        detail = "This needs a key, and the service has none; start it with --keys"
        raise HTTPException(HTTPStatus.FORBIDDEN, detail)
    if "admin" not in key.scopes:
        metrics.refused("key")
        raise HTTPException(HTTPStatus.FORBIDDEN, key.refusal("admin"))
