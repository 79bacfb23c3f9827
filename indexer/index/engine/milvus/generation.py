"""One generation: its two collections, written, loaded and searched."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from pymilvus import MilvusClient
from pymilvus.client.types import LoadState

from indexer.encoder import Vectors
from indexer.errors import EngineMismatch, EngineUnavailable
from indexer.index.columns.filters import Filters
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
from indexer.index.engine.milvus.connection import Connection, NotFoundError
from indexer.index.engine.milvus.schema import (
    MOST_LABELS,
    clause_fields,
    clauses_of,
    passage_fields,
)
from indexer.storage.segments import Scores

_GRAPH = {"M": 16, "efConstruction": 200}
_MOST_IDS = 4_000  # in one request
_TRIES = 2  # of what a service reads
_INDEXING_SECONDS = 24 * 3600.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class MilvusGeneration:
    connection: Connection
    name: str
    kind: Kind
    is_new: bool = False  # and empty

    def create(self) -> None:
        """Make the collections that are not there yet."""
        there = self.connection.ask(lambda client, wait: client.list_collections(**wait))
        if self.name not in there:
            index = ("FLAT", {}) if self.kind.exact else ("HNSW", _GRAPH)
            self._make(self.name, passage_fields(self.kind.dimension), "vector", *index)
        if clauses_of(self.name) not in there:
            self._make(clauses_of(self.name), clause_fields(), "none", "FLAT", {})

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
                LABELS: label_numbers(attributes)[:MOST_LABELS],
                PUBLISHED: UNDATED if attributes.published is None else attributes.published,
                DURATION: seconds(attributes.duration_s),
            }
            for number, vector, attributes in zip(
                batch.ids.tolist(), batch.vectors, batch.attributes, strict=True
            )
        ]
        self.connection.ask(lambda client, wait: client.upsert(self.name, rows, **wait))

    def upsert_clauses(self, batch: Clauses) -> None:
        rows = [
            {"id": number, "packed": text.decode(), "none": [1.0, 0.0]}
            for number, text in zip(batch.ids.tolist(), batch.packed, strict=True)
        ]
        name = clauses_of(self.name)
        self.connection.ask(lambda client, wait: client.upsert(name, rows, **wait))

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
        found = self.connection.ask(
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
        self.connection.ask(lambda client, wait: client.flush(name, **wait))
        until = time.monotonic() + _INDEXING_SECONDS
        while self._unindexed(name) and time.monotonic() < until:
            time.sleep(_POLL_SECONDS)
        self._load(name)

    def _load(self, name: str) -> None:
        """What is in memory stays as it is: the number of its replicas cannot be changed there."""
        replicas = self.connection.replicas

        def load(client: MilvusClient, wait: dict[str, float]) -> None:
            if client.get_load_state(name, **wait)["state"] != LoadState.Loaded:
                client.load_collection(name, replica_number=replicas, **wait)

        self.connection.ask(load)

    def _refuse_other_fields(self) -> None:
        expected = (passage_fields(self.kind.dimension), clause_fields())
        for name, fields in zip((self.name, clauses_of(self.name)), expected, strict=True):
            wanted = [(each["field_name"], each["datatype"], each.get("dim")) for each in fields]
            if self._described(name) != wanted:
                raise EngineMismatch(
                    f"{self.connection.address}: {name} has another schema; build the snapshot "
                    "again."
                )

    def _effort(self, effort: int, k: int) -> dict[str, int]:
        return {} if self.kind.exact else {"ef": max(effort, k)}

    def _fetched(self, name: str, ids: Ids, field: str) -> list[Any]:
        found: dict[int, Any] = {}
        for start in range(0, len(ids), _MOST_IDS):
            some = ids[start : start + _MOST_IDS].tolist()
            rows = self.connection.ask(
                lambda client, wait, some=some: client.get(
                    name, ids=some, output_fields=[field], **wait
                ),
                tries=_TRIES,
            )
            found |= {row["id"]: row[field] for row in rows}
        try:
            return [found[each] for each in ids.tolist()]
        except KeyError:
            raise _gone(self.connection.address, self.name) from None

    def _ids(self, name: str) -> Iterator[Ids]:
        self._load(name)
        pages = self.connection.ask(
            lambda client, wait: client.query_iterator(
                name, batch_size=_MOST_IDS, filter="", output_fields=["id"], **wait
            )
        )
        while page := self.connection.ask(lambda _, __: pages.next()):
            yield np.array([row["id"] for row in page], np.int64)
        pages.close()

    def _delete(self, name: str, ids: Ids) -> None:
        for start in range(0, len(ids), _MOST_IDS):
            some = ids[start : start + _MOST_IDS].tolist()
            self.connection.ask(
                lambda client, wait, some=some: client.delete(name, ids=some, **wait)
            )

    def _count(self, name: str) -> int:
        (found,) = self.connection.ask(
            lambda client, wait: client.query(
                name, filter="", output_fields=["count(*)"], consistency_level="Strong", **wait
            )
        )
        return int(found["count(*)"])

    def _unindexed(self, name: str) -> int:
        """How many rows still wait to be indexed."""
        field = "vector" if name == self.name else "none"
        found = self.connection.ask(lambda client, wait: client.describe_index(name, field, **wait))
        return int((found or {}).get("pending_index_rows") or 0)

    def _described(self, name: str) -> list[tuple[str, Any, Any]]:
        try:
            found = self.connection.ask(
                lambda client, wait: client.describe_collection(name, **wait)
            )
        except NotFoundError:
            raise EngineMismatch(
                f"{self.connection.address}: the generation {name} of the snapshot is not there; "
                "build the snapshot again."
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

        self.connection.ask(make)


def _gone(address: str, name: str) -> EngineUnavailable:
    return EngineUnavailable(
        f"{address}: {name} has changed since the snapshot was opened; another one is being opened."
    )


def _columns(hits: Sequence[Any]) -> tuple[Ids, Scores]:
    ids = np.array([hit["id"] for hit in hits], np.int64)
    return ids, np.array([hit["distance"] for hit in hits], np.float32)
