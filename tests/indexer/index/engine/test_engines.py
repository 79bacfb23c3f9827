"""One contract, whether FAISS, Milvus Lite or a Milvus server answers; `-rP` prints what is found.

A cluster of Milvus keeps it in `tests/distributed`.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from indexer.index.engine.engine import Engine
from tests.indexer.index.engine.contract import (
    ROWS,
    check_contract,
    check_reading,
    in_faiss,
    opened,
)
from tests.indexer.index.engine.corpus import Corpus
from tests.indexer.index.engine.milvus_server import cache_of, installed, standalone

ADDRESS = "MILVUS_URI"  # a variable: the server to test, such as milvus://127.0.0.1:19530


def test_faiss_keeps_the_contract(tmp_path: Path) -> None:
    check_reading(in_faiss(Corpus.random(ROWS).written(tmp_path / "first")))


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with ExitStack() as stack:
        yield stack.enter_context(opened(_address(request, tmp_path, stack)))


def _address(request: pytest.FixtureRequest, folder: Path, stack: ExitStack) -> str:
    name = f"test_{os.getpid()}"
    if request.param == "lite":
        return f"milvus+file:{folder / 'milvus.db'}/{name}"
    if given := os.environ.get(ADDRESS):
        return f"{given.rstrip('/')}/{name}"
    place = installed(cache_of(request.config))
    port = stack.enter_context(standalone(place, folder))
    return f"milvus://127.0.0.1:{port}/{name}"


@pytest.mark.parametrize("engine", ["lite", "server"], indirect=True)
def test_milvus_keeps_the_contract(engine: Engine, tmp_path: Path) -> None:
    check_contract(engine, tmp_path)
