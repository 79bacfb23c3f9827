"""Dependencies of the routes: objects of the application's state, and the check for admin keys."""

from http import HTTPStatus

from fastapi import Request
from starlette.exceptions import HTTPException

from indexer.errors import EpisodeSearchError
from service.keys import Key
from service.search.execution.batcher import Batcher
from service.search.execution.thread_pool import ThreadPool
from service.search.retriever import Retriever
from service.snapshots.reader import SnapshotReader
from service.telemetry import metrics

ASKED_SNAPSHOT = "X-Snapshot"  # the header of clients whose pages must be of one snapshot


class AnotherSnapshot(EpisodeSearchError):
    """The snapshot that the request asks for is not the one in force."""


def reader_of(request: Request) -> SnapshotReader:
    reader: SnapshotReader = request.app.state.reader
    return reader


def retriever_of(request: Request) -> Retriever:
    """What answers this request. Raises NoSnapshot, or AnotherSnapshot where one is asked for."""
    retriever = reader_of(request).retriever
    wanted = request.headers.get(ASKED_SNAPSHOT)
    if wanted not in (None, retriever.snapshot.id):
        raise AnotherSnapshot(
            f"{retriever.snapshot.id} answers here, and another is asked for; begin again without "
            f"{ASKED_SNAPSHOT}."
        )
    return retriever


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
