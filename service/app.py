"""Creates the application: its lifespan, routes and middleware."""

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware

from indexer.index.engine.opening import open_engine
from service.api import (
    completion,
    conditional_get,
    documentation,
    operations,
    page,
    problem_details,
)
from service.api.routes import router
from service.keys import KeyFile
from service.search.execution.batcher import Batcher
from service.search.execution.thread_pool import ThreadPool
from service.search.question_cache import QuestionCache
from service.server.cross_origin import CrossOrigin
from service.server.middleware.access import Access
from service.server.middleware.body_limit import BodyLimit
from service.server.middleware.deadline import Deadline
from service.server.middleware.failure import Failure
from service.server.middleware.forwarded import Forwarded
from service.server.middleware.head import Head
from service.server.middleware.observation import LogPolicy, Observation
from service.server.rate_limits import RateLimiter
from service.settings import Settings, is_loopback
from service.snapshots.places import place_of
from service.snapshots.reader import SnapshotReader

if TYPE_CHECKING:
    from service.mcp.endpoint import Endpoint

_BEFORE_A_ROUTE = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


def create_reader(settings: Settings) -> SnapshotReader:
    cache = QuestionCache(settings.cached_questions, settings.max_cached_bytes)
    return SnapshotReader(
        place_of(settings.snapshots, settings.snapshot_cache, settings.max_snapshot_cache_bytes),
        cache,
        settings.cached_answers,
        settings.verify,
        settings.max_cached_bytes,
        open_engine(settings.index, settings.engine_patience),
        settings.good_match,
    )


def create_app(
    settings: Settings | None = None,
    reader: SnapshotReader | None = None,
    reload_others: Callable[[], None] | None = None,
) -> FastAPI:
    """The ASGI application.

    `reader` may already have opened a snapshot. `reload_others`, if there are several workers,
    makes all of them look for a new snapshot.
    """
    mimetypes.init()  # which reads files, for which no request should wait
    settings = settings or Settings()
    reader = reader or create_reader(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(reader.refresh)
        watching = asyncio.create_task(reader.watch(settings.refresh_interval))
        app.state.reader = reader
        app.state.reload_others = reload_others
        app.state.batcher = Batcher(settings.threads_a_worker, settings.max_waiting)
        app.state.pool = ThreadPool(settings.threads_a_worker, settings.max_waiting)
        async with agents.running() if agents else nullcontext():
            yield
        watching.cancel()
        app.state.batcher.close()
        app.state.pool.close()
        reader.close()  # an application may outlive its service, as in tests

    app = _with_routes(lifespan)
    agents = _endpoint_of_agents(app, settings) if settings.mcp else None
    app.state.keys = KeyFile(settings.keys) if settings.keys else None
    guard(app, settings, app.state.keys)
    return app


def _with_routes(lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]) -> FastAPI:
    app = FastAPIOffline(  # its documentation pages load nothing from other sites
        title="Episode Search",
        summary="Semantic search over podcast episode summaries.",
        version=version("episode-search"),
        lifespan=lifespan,
        responses=problem_details.responses(*_BEFORE_A_ROUTE),
    )
    made = app.router.routes.copy()
    app.router.routes.clear()
    app.include_router(router)  # first, since routes are tried in their order
    app.include_router(operations.router)
    app.include_router(conditional_get.router)
    app.include_router(completion.router)
    page.install(app)
    documentation.install(app, made)
    problem_details.install(app)
    return app


def _endpoint_of_agents(app: FastAPI, settings: Settings) -> "Endpoint":
    from service.mcp.endpoint import Endpoint

    is_private = is_loopback(settings.host) and not (settings.keys or settings.proxies)
    endpoint = Endpoint(app, loopback_only=is_private)
    app.router.routes.append(endpoint)
    return endpoint


def guard(app: FastAPI, settings: Settings, keys: KeyFile | None) -> None:
    """Add the middleware; the last one added runs first."""
    app.add_middleware(Failure)
    app.add_middleware(Head)
    app.add_middleware(Deadline, seconds=settings.request_timeout)
    app.add_middleware(BodyLimit, most_bytes=settings.max_body_bytes)
    app.add_middleware(
        Access,
        keys=keys,
        rates=RateLimiter(settings.rate_limit) if settings.rate_limit else None,
    )
    if settings.cors_origins:
        app.add_middleware(CORSMiddleware, **CrossOrigin(settings.cors_origins).for_middleware())
    app.add_middleware(
        Observation,
        telling=LogPolicy(
            slow_request_threshold=settings.slow_request_threshold,
            every=settings.log_requests,
            questions=settings.log_questions,
            spans=settings.tracing,
        ),
    )
    if settings.proxies or settings.root_path:
        app.add_middleware(Forwarded, trusted=settings.proxies, root_path=settings.root_path)
