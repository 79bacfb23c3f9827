"""Milvus Lite as a server of its own process, which can end and begin again on the same port."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import EngineError
from indexer.index.engine.engine import Engine
from indexer.index.engine.opening import open_engine
from tests.attached import attached
from tests.test_server import free_port
from tests.torture.service import until


class LiteServer:
    def __init__(self, data: Path) -> None:
        self.port = free_port()
        self.name = "podcasts"
        self._data = data
        self.start()

    @property
    def address(self) -> str:
        return f"milvus://127.0.0.1:{self.port}/{self.name}"

    def start(self) -> None:
        command = [sys.executable, "-m", "milvus_lite", "server", "--data-dir", str(self._data)]
        self._process = subprocess.Popen(
            attached([*command, "--port", str(self.port)]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert until(self._answers)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def engine(self) -> Engine:
        engine = open_engine(self.address, patience=20.0)
        assert engine
        return engine

    def _answers(self) -> bool:
        engine = open_engine(self.address, patience=1.0)
        assert engine
        try:
            engine.generations()
        except EngineError:
            return False
        return True


@contextmanager
def lite_server(data: Path) -> Iterator[LiteServer]:
    server = LiteServer(data)
    try:
        yield server
    finally:
        server.stop()
