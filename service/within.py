"""What a request finds in the application that it is asked of."""

from fastapi import Request

from service.batcher import Batcher
from service.pool import Pool
from service.reader import Reader


def reader_of(request: Request) -> Reader:
    reader: Reader = request.app.state.reader
    return reader


def batcher_of(request: Request) -> Batcher:
    batcher: Batcher = request.app.state.batcher
    return batcher


def pool_of(request: Request) -> Pool:
    pool: Pool = request.app.state.pool
    return pool
