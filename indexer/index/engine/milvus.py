"""Keeps generations in Milvus. Only this module imports pymilvus.

A generation is two collections: of passages, which are searched, and of packed clauses, which are
only read by id. Its name says what it holds, because not every server keeps a description. The
alias of the index points to the passages of the generation in force.
"""

import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any, TypeVar

import numpy as np

from indexer.encoder import Vectors
from indexer.errors import EngineMismatch, EngineMissing, EngineUnavailable
from indexer.index.columns.filters import Filters
from indexer.index.engine.address import EngineAddress
from indexer.index.engine.engine import MOST_HITS, Clauses, Ids, Kind, Passages
from indexer.index.engine.expression import (
    DURATION,
    LABELS,
    PUBLISHED,
    UNDATED,
    expression,
    label_numbers,
    seconds,
)
from indexer.index.engine.wire import MOST_BYTES
from indexer.storage.segments import Scores

try:
    import grpc
    import pymilvus
    from pymilvus import DataType, MilvusClient, MilvusException
    from pymilvus.client.types import LoadState
except ImportError:
    raise EngineMissing(
        "An index in Milvus needs its client; run pip install 'episode-search[milvus]'."
    ) from None

T = TypeVar("T")

_SCHEMA = 1  # of the collections
_MOST_EXACT = 4_000  # passages; with more, a graph is faster
_GRAPH = {"M": 16, "efConstruction": 200}
_MOST_LABELS = 4_096  # of an episode; Milvus keeps no more in an array
_MOST_IDS = 4_000  # in one request
_TRIES = 2  # of what a service reads
_INDEXING_SECONDS = 24 * 3600.0
_POLL_SECONDS = 0.1
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


class MilvusEngine:
    """A server, or Milvus Lite in this process; connects when it is first asked.

    A client is never shared with a forked process. After a failure, only `published` asks the
    server again, and the others fail at once until it has answered.
    """

    def __init__(self, address: EngineAddress, patience: float) -> None:
        """`patience` is the most seconds that a request takes."""
        self._at = address
        self._patience = patience
        self._clients: dict[int, MilvusClient] = {}  # by process
        self._opened: MilvusGeneration | None = None  # last
        self._connecting = Lock()
        self._down: EngineUnavailable | None = None
        self._form = re.compile(
            rf"{re.escape(address.name)}_g(\d+)_([0-9a-f]{{12}})_(\d+)_(flat|graph)_\d{{20}}"
        )

    @property
    def address(self) -> str:
        return self._at.public

    @property
    def replicas(self) -> int:
        return self._at.replicas

    @property
    def most_exact(self) -> int:
        return 2**63 if self._at.is_file else _MOST_EXACT  # a graph of Milvus Lite finds too little

    def published(self) -> str | None:
        was_down = self._down
        try:
            found = self.ask(
                lambda client, wait: client.describe_alias(self._at.name, **wait), anyway=True
            )
        except _NotFoundError:
            self._down = None
            self._refuse_collection()
            return None
        self._down = None
        name = str(found["collection_name"])
        if not self._form.fullmatch(name):
            raise EngineMismatch(
                f"{self.address}: the alias {self._at.name} points to {name}, which is no "
                "generation of Episode Search; take another name."
            )
        if was_down:  # a server may have been started again
            self._load_again()
        return name

    def generations(self) -> list[str]:
        names = self.ask(lambda client, wait: client.list_collections(**wait))
        return sorted(filter(self._form.fullmatch, names), key=lambda name: name[-20:])

    def begin(self, kind: Kind, spare: Sequence[str] = ()) -> "MilvusGeneration":
        prefix = self._prefix(kind)
        for name in reversed([name for name in self.generations() if name in spare]):
            if name.startswith(prefix):
                found = MilvusGeneration(self, name, kind)
                found.create()
                return found
        name = f"{prefix}{datetime.now(UTC):%Y%m%d%H%M%S%f}"
        made = MilvusGeneration(self, name, kind, is_new=True)
        made.create()
        return made

    def open(self, name: str, kind: Kind) -> "MilvusGeneration":
        generation = MilvusGeneration(self, name, kind)
        if not name.startswith(self._prefix(kind)):
            raise EngineMismatch(
                f"{self.address}: {name} is of another encoder or schema than the snapshot; build "
                "the snapshot again."
            )
        generation.load()
        self._opened = generation
        return generation

    def publish(self, name: str) -> None:
        before, alias = self.published(), self._at.name
        if before is None:
            self.ask(lambda client, wait: client.create_alias(name, alias, **wait))
        elif before != name:
            self.ask(lambda client, wait: client.alter_alias(name, alias, **wait))

    def unload(self, name: str) -> None:
        for each in (name, clauses_of(name)):
            self.ask(lambda client, wait, each=each: client.release_collection(each, **wait))

    def drop(self, name: str) -> None:
        for each in (clauses_of(name), name):
            self.ask(lambda client, wait, each=each: client.drop_collection(each, **wait))

    def ask(self, request: Callable[..., T], *, anyway: bool = False, tries: int = 1) -> T:
        """The answer of `request`, which takes the client and its limit of time.

        Several tries share the time: what one node does not answer, another may.
        Raises EngineUnavailable, EngineMismatch or _NotFoundError; at once if the last request
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

    def _prefix(self, kind: Kind) -> str:
        how = "flat" if kind.exact else "graph"
        return f"{self._at.name}_g{_SCHEMA}_{kind.encoder}_{kind.dimension}_{how}_"

    def _load_again(self) -> None:
        """The generation that is read, which need not be the one in force."""
        if self._opened and self._opened.name in self.generations():
            self._opened.load()

    def _refuse_collection(self) -> None:
        names = self.ask(lambda client, wait: client.list_collections(**wait))
        if self._at.name in names:
            raise EngineMismatch(
                f"{self.address}: there is a collection of the name {self._at.name}, which is "
                "none of Episode Search; take another name."
            )

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
            return _NotFoundError(f"{self.address}: {message}.")
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


class _NotFoundError(EngineMismatch):
    """No such collection or alias."""


@dataclass(frozen=True)
class MilvusGeneration:
    engine: MilvusEngine
    name: str
    kind: Kind
    is_new: bool = False  # and empty

    def create(self) -> None:
        """Make the collections that are not there yet."""
        there = self.engine.ask(lambda client, wait: client.list_collections(**wait))
        if self.name not in there:
            index = ("FLAT", {}) if self.kind.exact else ("HNSW", _GRAPH)
            self._make(self.name, _passage_fields(self.kind.dimension), "vector", *index)
        if clauses_of(self.name) not in there:
            self._make(clauses_of(self.name), _clause_fields(), "none", "FLAT", {})

    def load(self) -> None:
        """Raises EngineMismatch if the collections are not there or have other fields."""
        self._refuse_other_fields()
        for name in (self.name, clauses_of(self.name)):
            self._load(name)

    def passage_ids(self) -> Iterator[Ids]:
        return iter(()) if self.is_new else self._ids(self.name)

    def clause_ids(self) -> Iterator[Ids]:
        return iter(()) if self.is_new else self._ids(clauses_of(self.name))

    def upsert_passages(self, batch: Passages) -> None:
        rows = [
            {
                "id": number,
                "vector": vector,
                LABELS: label_numbers(attributes)[:_MOST_LABELS],
                PUBLISHED: UNDATED if attributes.published is None else attributes.published,
                DURATION: seconds(attributes.duration_s),
            }
            for number, vector, attributes in zip(
                batch.ids.tolist(), batch.vectors, batch.attributes, strict=True
            )
        ]
        self.engine.ask(lambda client, wait: client.upsert(self.name, rows, **wait))

    def upsert_clauses(self, batch: Clauses) -> None:
        rows = [
            {"id": number, "packed": text.decode(), "none": [1.0, 0.0]}
            for number, text in zip(batch.ids.tolist(), batch.packed, strict=True)
        ]
        name = clauses_of(self.name)
        self.engine.ask(lambda client, wait: client.upsert(name, rows, **wait))

    def delete_passages(self, ids: Ids) -> None:
        self._delete(self.name, ids)

    def delete_clauses(self, ids: Ids) -> None:
        self._delete(clauses_of(self.name), ids)

    def settle(self) -> None:
        with ThreadPoolExecutor(2) as both:
            list(both.map(self._settled, (self.name, clauses_of(self.name))))
        self._refuse_other_fields()

    def count(self) -> tuple[int, int]:
        return self._count(self.name), self._count(clauses_of(self.name))

    def search(
        self, vectors: Vectors, k: int, passing: Filters, effort: int
    ) -> list[tuple[Ids, Scores]]:
        k = min(k, MOST_HITS)
        found = self.engine.ask(
            lambda client, wait: client.search(
                self.name,
                data=list(vectors),
                filter=expression(passing),
                limit=k,
                output_fields=["id"],
                search_params={"metric_type": "IP", "params": self._effort(effort, k)},
                **wait,
            ),
            tries=_TRIES,
        )
        return [_columns(hits) for hits in found]

    def vectors(self, ids: Ids) -> Vectors:
        found = self._fetched(self.name, ids, "vector")
        return np.array(found, np.float32).reshape(len(ids), self.kind.dimension)

    def clauses(self, ids: Ids) -> list[bytes]:
        return [text.encode() for text in self._fetched(clauses_of(self.name), ids, "packed")]

    def _settled(self, name: str) -> None:
        self.engine.ask(lambda client, wait: client.flush(name, **wait))
        until = time.monotonic() + _INDEXING_SECONDS
        while self._unindexed(name) and time.monotonic() < until:
            time.sleep(_POLL_SECONDS)
        self._load(name)

    def _load(self, name: str) -> None:
        """What is in memory stays as it is: the number of its replicas cannot be changed there."""
        replicas = self.engine.replicas

        def load(client: MilvusClient, wait: dict[str, float]) -> None:
            if client.get_load_state(name, **wait)["state"] != LoadState.Loaded:
                client.load_collection(name, replica_number=replicas, **wait)

        self.engine.ask(load)

    def _refuse_other_fields(self) -> None:
        expected = (_passage_fields(self.kind.dimension), _clause_fields())
        for name, fields in zip((self.name, clauses_of(self.name)), expected, strict=True):
            wanted = [(each["field_name"], each["datatype"], each.get("dim")) for each in fields]
            if self._described(name) != wanted:
                raise EngineMismatch(
                    f"{self.engine.address}: {name} has another schema; build the snapshot again."
                )

    def _effort(self, effort: int, k: int) -> dict[str, int]:
        return {} if self.kind.exact else {"ef": max(effort, k)}

    def _fetched(self, name: str, ids: Ids, field: str) -> list[Any]:
        found: dict[int, Any] = {}
        for start in range(0, len(ids), _MOST_IDS):
            some = ids[start : start + _MOST_IDS].tolist()
            rows = self.engine.ask(
                lambda client, wait, some=some: client.get(
                    name, ids=some, output_fields=[field], **wait
                ),
                tries=_TRIES,
            )
            found |= {row["id"]: row[field] for row in rows}
        try:
            return [found[each] for each in ids.tolist()]
        except KeyError:
            raise gone(self.engine.address, self.name) from None

    def _ids(self, name: str) -> Iterator[Ids]:
        self._load(name)
        pages = self.engine.ask(
            lambda client, wait: client.query_iterator(
                name, batch_size=_MOST_IDS, filter="", output_fields=["id"], **wait
            )
        )
        while page := self.engine.ask(lambda _, __: pages.next()):
            yield np.array([row["id"] for row in page], np.int64)
        pages.close()

    def _delete(self, name: str, ids: Ids) -> None:
        for start in range(0, len(ids), _MOST_IDS):
            some = ids[start : start + _MOST_IDS].tolist()
            self.engine.ask(lambda client, wait, some=some: client.delete(name, ids=some, **wait))

    def _count(self, name: str) -> int:
        (found,) = self.engine.ask(
            lambda client, wait: client.query(
                name, filter="", output_fields=["count(*)"], consistency_level="Strong", **wait
            )
        )
        return int(found["count(*)"])

    def _unindexed(self, name: str) -> int:
        """How many rows still wait to be indexed."""
        field = "vector" if name == self.name else "none"
        found = self.engine.ask(lambda client, wait: client.describe_index(name, field, **wait))
        return int((found or {}).get("pending_index_rows") or 0)

    def _described(self, name: str) -> list[tuple[str, Any, Any]]:
        try:
            found = self.engine.ask(lambda client, wait: client.describe_collection(name, **wait))
        except _NotFoundError:
            raise EngineMismatch(
                f"{self.engine.address}: the generation {name} of the snapshot is not there; build "
                "the snapshot again."
            ) from None
        return [
            (field["name"], field["type"], field["params"].get("dim")) for field in found["fields"]
        ]

    def _make(
        self, name: str, fields: list[dict[str, Any]], indexed: str, kind: str, how: dict[str, int]
    ) -> None:
        def make(client: MilvusClient, wait: dict[str, float]) -> None:
            schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
            for field in fields:
                schema.add_field(**field)
            index = client.prepare_index_params()
            index.add_index(
                indexed, index_name=indexed, index_type=kind, metric_type="IP", params=how
            )
            client.create_collection(name, schema=schema, **wait)
            client.create_index(name, index, sync=False, **wait)

        self.engine.ask(make)


def milvus_version() -> str:
    return str(pymilvus.__version__)


def clauses_of(name: str) -> str:
    """The collection of the clauses of a generation."""
    return f"{name}_clauses"


def gone(address: str, name: str) -> EngineUnavailable:
    return EngineUnavailable(
        f"{address}: {name} has changed since the snapshot was opened; another one is being opened."
    )


def _passage_fields(dimension: int) -> list[dict[str, Any]]:
    return [
        {"field_name": "id", "datatype": DataType.INT64, "is_primary": True},
        {"field_name": "vector", "datatype": DataType.FLOAT_VECTOR, "dim": dimension},
        {
            "field_name": LABELS,
            "datatype": DataType.ARRAY,
            "element_type": DataType.INT64,
            "max_capacity": _MOST_LABELS,
        },
        {"field_name": PUBLISHED, "datatype": DataType.INT64},
        {"field_name": DURATION, "datatype": DataType.DOUBLE},
    ]


def _clause_fields() -> list[dict[str, Any]]:
    return [
        {"field_name": "id", "datatype": DataType.INT64, "is_primary": True},
        {"field_name": "packed", "datatype": DataType.VARCHAR, "max_length": MOST_BYTES},
        {"field_name": "none", "datatype": DataType.FLOAT_VECTOR, "dim": 2},  # there must be one
    ]


def _columns(hits: Sequence[Any]) -> tuple[Ids, Scores]:
    ids = np.array([hit["id"] for hit in hits], np.int64)
    return ids, np.array([hit["distance"] for hit in hits], np.float32)


def _first_line(error: Exception) -> str:
    if isinstance(error, grpc.Call):
        said = error.details()
    else:
        said = error.message if isinstance(error, MilvusException) else error
    return str(said).strip().split("\n", 1)[0][:200].rstrip(".")
