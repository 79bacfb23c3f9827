"""Asks a Milvus server, and tells its errors in one sentence each."""

import logging
import os
import re
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import TypeVar

from indexer.errors import EngineMismatch, EngineMissing, EngineUnavailable
from indexer.index.engine.address import EngineAddress

try:
    import grpc
    from pymilvus import MilvusClient, MilvusException
except ImportError:
    raise EngineMissing(
        "An index in Milvus needs its client; run pip install 'episode-search[milvus]'."
    ) from None

T = TypeVar("T")

_CHANNEL = {
    "grpc.max_reconnect_backoff_ms": 1_000,
    "grpc.keepalive_permit_without_calls": 0,  # servers close connections that ping without need
    "grpc.keepalive_time_ms": 60_000,
}
_KNOWN_VERSIONS = range(2_003, 4_000)  # 1000 * major + minor
_NOT_FOUND = (100, 1600)  # codes of Milvus: no such collection, no such alias

# Their lines repeat what is told here in a sentence, and name what Milvus Lite leaves out.
for _name in ("pymilvus", "milvus_lite", "grpc._server"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class NotFoundError(EngineMismatch):
    """No such collection or alias."""


class Connection:
    """To a server, or to Milvus Lite in this process; made when it is first asked.

    A client is never shared with a forked process. After a failure, all requests fail at once
    until one that is made `anyway` is answered, and `recovered` says so.
    """

    def __init__(self, address: EngineAddress, patience: float) -> None:
        """`patience` is the most seconds that a request takes."""
        self._at = address
        self._patience = patience
        self._clients: dict[int, MilvusClient] = {}  # by process
        self._connecting = Lock()
        self._down: EngineUnavailable | None = None

    @property
    def address(self) -> str:
        return self._at.public

    @property
    def replicas(self) -> int:
        return self._at.replicas

    @property
    def is_down(self) -> bool:
        return self._down is not None

    def recovered(self) -> None:
        self._down = None

    def ask(self, request: Callable[..., T], *, anyway: bool = False, tries: int = 1) -> T:
        """The answer of `request`, which takes the client and its limit of time.

        Several tries share the time: what one node does not answer, another may.
        Raises EngineUnavailable, EngineMismatch or NotFoundError; at once if the last request
        failed, except `anyway`.
        """
        if self._down and not anyway:
            raise self._down
        try:
            return self._tried(request, self._client(anyway=anyway), tries)
        except (MilvusException, grpc.RpcError) as error:
            raise self._told(error) from error

    def _tried(self, request: Callable[..., T], client: MilvusClient, tries: int) -> T:
        wait = {"timeout": self._patience / tries}
        for _ in range(tries - 1):
            with suppress(MilvusException, grpc.RpcError):
                return request(client, wait)
        return request(client, wait)

    def _client(self, *, anyway: bool) -> MilvusClient:
        process = os.getpid()
        with self._connecting:
            if self._down and not anyway:  # while this thread waited for another to connect
                raise self._down
            if process not in self._clients:
                self._clients = {process: self._connected()}
            return self._clients[process]

    def _connected(self) -> MilvusClient:
        client = MilvusClient(
            self._at.uri,
            token=self._at.secret,
            timeout=self._patience,
            dedicated=True,
            grpc_options=_CHANNEL,
        )
        version = str(client.get_server_version(timeout=self._patience))
        numbers = re.match(r"v?(\d+)\.(\d+)", version.removeprefix("milvus_lite-"))
        if not numbers or 1000 * int(numbers[1]) + int(numbers[2]) not in _KNOWN_VERSIONS:
            raise EngineMismatch(
                f"{self.address}: its server is of the unknown version {version!r}; use one of "
                "2.3 or later, before 4."
            )
        return client

    def _told(self, error: Exception) -> Exception:
        message = _first_line(error)
        if isinstance(error, MilvusException) and error.code in _NOT_FOUND:
            return NotFoundError(f"{self.address}: {message}.")
        if re.search(r"unauthenticated|auth check|permission|privilege", message, re.IGNORECASE):
            return EngineMismatch(
                f"{self.address}: refuses the user or the token; give them as "
                "milvus://user:password@host/name."
            )
        if "not enough" in message and "node" in message:
            return EngineMismatch(
                f"{self.address}: has fewer query nodes than the {self.replicas} replicas that are "
                "asked for; start more, or take fewer."
            )
        self._down = EngineUnavailable(f"{self.address}: does not answer ({message}).")
        return self._down


def _first_line(error: Exception) -> str:
    if isinstance(error, grpc.Call):
        said = error.details()
    else:
        said = error.message if isinstance(error, MilvusException) else error
    return str(said).strip().split("\n", 1)[0][:200].rstrip(".")
