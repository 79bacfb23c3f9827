"""Creates the application: what starts and stops with it, its routes and middleware."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from service.api import conditional_get, operations, page, problem_details
from service.api.routes import router
from service.keys import KeyFile
from service.search.batcher import Batcher
from service.search.question_cache import QuestionCache
from service.search.thread_pool import ThreadPool
from service.server.middleware.access import Access
from service.server.middleware.body_limit import BodyLimit
from service.server.middleware.deadline import Deadline
from service.server.middleware.observation import LogPolicy, Observation
from service.server.rate_limits import RateLimiter
from service.settings import Settings
from service.snapshots.reader import SnapshotReader

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
    cache = QuestionCache(settings.cached_questions)
    return SnapshotReader(settings.snapshots, cache, settings.cached_answers, settings.verify)


def create_app(
    settings: Settings | None = None,
    reader: SnapshotReader | None = None,
    reload_others: Callable[[], None] | None = None,
) -> FastAPI:
    """`reader` may have a snapshot open; `reload_others` makes all processes look for a new one."""
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
        yield
        watching.cancel()
        app.state.batcher.close()
        app.state.pool.close()

    app = FastAPI(
        title="Episode Search",
        summary="Semantic search over podcast episode summaries.",
        version=version("episode-search"),
        lifespan=lifespan,
        responses=problem_details.responses(*_BEFORE_A_ROUTE),
    )
    app.include_router(operations.router)
    app.include_router(conditional_get.router)
    app.include_router(router)
    page.install(app)
    problem_details.install(app)
    app.state.keys = KeyFile(settings.keys) if settings.keys else None
    guard(app, settings, app.state.keys)
    return app


def guard(app: FastAPI, settings: Settings, keys: KeyFile | None) -> None:
    """Add the middleware; the last one added runs first."""
    app.add_middleware(Deadline, seconds=settings.request_timeout)
    app.add_middleware(BodyLimit, most_bytes=settings.max_body_bytes)
    app.add_middleware(
        Access,
        keys=keys,
        rates=RateLimiter(settings.rate_limit) if settings.rate_limit else None,
    )
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=[origin.strip() for origin in settings.cors_origins.split(",")],
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "X-Request-Timeout", "traceparent"],
        )
    app.add_middleware(
        Observation,
        telling=LogPolicy(
            slow_request_threshold=settings.slow_request_threshold,
            every=settings.log_requests,
            questions=settings.log_questions,
            spans=settings.tracing,
        ),
    )
