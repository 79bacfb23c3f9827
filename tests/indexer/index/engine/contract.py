"""What the service asks of an index, and what it must find, whatever engine answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from indexer.errors import EngineUnavailable
from indexer.index.clause_index import ClauseCodes
from indexer.index.columns.filters import Filters
from indexer.index.engine.engine import Engine, Kind
from indexer.index.engine.engine_index import EngineCodes, EngineVectors
from indexer.index.engine.entity_ids import Entities, EntityFiles, write_entities
from indexer.index.engine.milvus.engine import MilvusEngine
from indexer.index.engine.opening import open_engine
from indexer.index.engine.upload import Written, upload
from indexer.index.vectors.dense_index import DenseIndex
from indexer.index.vectors.recall import index_vectors
from indexer.snapshot.layout import vector_files
from tests.indexer.index.engine.corpus import DIMENSION, HOSTILE, Corpus, WrittenCorpus, unit

ROWS = 4_200  # a server indexes fewer than a thousand otherwise, and finds less
FEW_ROWS = 1_500  # of Milvus Lite, which compares all
QUESTIONS = unit(np.random.default_rng(99), 20)
WANTED = 0.95
FILTERS = {
    "podcast": Filters(podcast=("podcast 2",)),
    "podcasts": Filters(podcast=("Podcast 2", "Podcast 4")),
    "dates": Filters(
        published_after=datetime(2003, 1, 1, tzinfo=UTC),
        published_before=datetime(2011, 3, 1, tzinfo=UTC),
    ),
    "after": Filters(published_after=datetime(2011, 3, 1, tzinfo=UTC)),
    "durations": Filters(min_duration_s=60.1, max_duration_s=601.0),
    "longer": Filters(min_duration_s=601.0),
    "not explicit": Filters(explicit=False, podcast=("Podcast 1",)),
    "none": Filters(podcast=("Podcast 9",)),
    "few": Filters(person=(HOSTILE[0],), max_duration_s=130),
} | {f"person {name!r}": Filters(person=(name,)) for name in HOSTILE}


@dataclass(frozen=True)
class Index:
    """An index of a written corpus."""

    written: WrittenCorpus
    dense: DenseIndex
    codes: ClauseCodes


def in_faiss(written: WrittenCorpus) -> Index:
    files = vector_files(written.folder)
    dense, _ = index_vectors(files, DIMENSION, lambda: QUESTIONS, 0.98)
    return Index(written, dense, written.codes)


def kind(engine: Engine, passages: int) -> Kind:
    return Kind("0123456789ab", DIMENSION, exact=passages <= engine.most_exact)


def in_engine(
    engine: Engine, written: WrittenCorpus, spare: tuple[str, ...] = ()
) -> tuple[Index, Written, str]:
    """The index, what was written for it, and the name of its generation."""
    source, count = written.source, len(written.source.vectors)
    generation = engine.begin(kind(engine, count), spare)
    files = EntityFiles(*(written.folder / f"{name}.npy" for name in ("keys", "ids", "at")))
    keys = source.keys()
    write_entities(files, keys, written.passages)
    wrote = upload(generation, source, keys)
    entities = Entities(files)
    reading = engine.open(generation.name, kind(engine, count))
    dense = EngineVectors(reading, entities, written.passages, effort=128)
    codes = EngineCodes(reading, entities, source.clauses.segments, DIMENSION)
    return Index(written, dense, codes), wrote, generation.name


def recall(index: Index, filters: Filters | None = None, rows: np.ndarray | None = None) -> float:
    written = index.written
    if filters is not None and rows is None:
        rows = written.columns.rows(filters)
    among = None if rows is None else written.passages.gather(rows)[0]
    found, scores = index.dense.search(QUESTIONS, 10, among, filters or Filters())
    truth = written.nearest(QUESTIONS, 10, among)
    if among is not None:
        truth = truth[:, : len(among)]
        assert all(np.isin(each, among).all() for each in found)
    vectors = written.source.vectors.rows(slice(None))
    for question, at, measured in zip(QUESTIONS, found, scores, strict=True):
        np.testing.assert_allclose(measured, vectors[at] @ question, atol=1e-3)
        assert (np.diff(measured) <= 1e-6).all()
    pairs = zip(truth, found, strict=True)
    return float(np.mean([np.isin(*pair).mean() if len(pair[0]) else 1.0 for pair in pairs]))


def check_reading(index: Index) -> None:
    written = index.written
    some = np.array([0, 1, 5, len(index.dense) - 1, 3])
    np.testing.assert_array_equal(index.dense.rows(some), written.source.vectors.rows(some))
    clauses = written.source.clauses.segments.gather(np.array([3, 7, 0, 2]))[0][::-1]
    for found, expected in zip(
        index.codes.coded(clauses), written.codes.coded(clauses), strict=True
    ):
        np.testing.assert_array_equal(found, expected)
    assert len(index.dense) == len(written.source.vectors)
    scattered = np.flatnonzero(np.arange(len(written.corpus.episodes)) % 3 == 1)
    found = {name: recall(index, filters) for name, filters in FILTERS.items()}
    found["rows that no filter selects, as by phrases"] = recall(index, rows=scattered)
    worst = min(found, key=found.__getitem__)
    print(f"recall@10 {recall(index):.3f}, filtered {found[worst]:.3f} or more ({worst})")
    assert recall(index) >= WANTED
    assert found[worst] >= WANTED
    deep, _ = index.dense.search(QUESTIONS[:1], 1_200)
    assert [len(np.unique(each)) for each in deep] == [1_200]


@contextmanager
def opened(address: str) -> Iterator[Engine]:
    """The engine of the address; what was written there is dropped in the end."""
    engine = open_engine(address)
    assert isinstance(engine, MilvusEngine)
    yield engine
    if engine.published():
        alias = address.rpartition("/")[2].partition("?")[0]
        engine.connection.ask(lambda client, wait: client.drop_alias(alias, **wait))
    for name in engine.generations():
        engine.drop(name)


def check_contract(engine: Engine, folder: Path) -> None:
    rows = FEW_ROWS if engine.most_exact > ROWS else ROWS
    written = Corpus.random(rows).written(folder / "first")
    first, wrote, before = in_engine(engine, written)
    assert wrote == Written(len(first.dense), wrote.packs, deleted=0)
    check_reading(first)
    assert engine.published() is None
    engine.publish(before)
    assert engine.published() == before

    empty = engine.begin(kind(engine, len(first.dense))).name
    engine.publish(empty)
    assert engine.published() == empty
    assert recall(first) >= WANTED  # who still reads the one before goes on

    # The one before is brought up to date: only what has changed is written.
    changed = written.corpus.without(np.arange(10)).tagged(np.arange(50, 70), "new")
    second, wrote, after = in_engine(engine, changed.written(folder / "second"), (before,))
    tagged = int(changed.counts[50:70].sum())
    assert after == before
    assert wrote.passages == tagged
    assert 0 < wrote.packs <= 20
    assert engine.published() == empty
    engine.publish(after)
    assert engine.published() == after
    assert recall(second) >= WANTED
    assert recall(second, Filters(tag=("new",))) == 1
    assert recall(second, Filters(podcast=("Podcast 2",))) >= WANTED
    with pytest.raises(EngineUnavailable, match="is written again"):
        recall(first)  # never a mixed answer
    assert engine.generations() == [before, empty]
