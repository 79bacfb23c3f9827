"""The application: what starts with it and what stops with it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from service import page, polled, problems
from service.batcher import Batcher
from service.question_cache import QuestionCache
from service.reader import Reader
from service.routes import router
from service.settings import Settings


def create_reader(settings: Settings) -> Reader:
    cache = QuestionCache(settings.cached_questions)
    return Reader(settings.snapshots, cache, settings.cached_answers)


def create_app(settings: Settings | None = None, reader: Reader | None = None) -> FastAPI:
    """`reader` may have its snapshot open already."""
    settings = settings or Settings()
    reader = reader or create_reader(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(reader.refresh)
        watching = asyncio.create_task(reader.watch(settings.refresh_seconds))
        app.state.reader = reader
        app.state.batcher = Batcher(settings.threads_a_worker, settings.most_waiting)
        yield
        watching.cancel()
        app.state.batcher.close()

    app = FastAPI(
        title="Episode Search",
        summary="Semantic search over podcast episode summaries.",
        version=version("episode-search"),
        lifespan=lifespan,
    )
    app.include_router(polled.router)
    app.include_router(router)
    page.install(app)
    problems.install(app)
    return app
