"""What a build and a service say of an index in Milvus that they cannot use, and leave as it is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pymilvus
import pytest

from indexer.build import BuildOptions, build
from indexer.encoder.artifact import Artifact
from indexer.errors import EngineMismatch, EngineUnavailable, GenerationRefused
from indexer.index.columns.filters import Filters
from indexer.index.engine.address import engine_address
from indexer.index.engine.expression import expression
from indexer.index.engine.milvus.engine import MilvusEngine
from indexer.index.engine.milvus.generation import MilvusGeneration
from indexer.index.engine.opening import open_engine
from indexer.snapshot import Snapshot, current_name, names
from tests.conftest import EPISODES
from tests.indexer.index.engine.corpus import HOSTILE

Publish = Callable[..., str]


@pytest.fixture
def engine(tmp_path: Path) -> MilvusEngine:
    found = engine_address(f"milvus+file:{tmp_path / 'milvus.db'}/podcasts")
    assert found
    return MilvusEngine(found, patience=20.0)


@pytest.fixture
def publish(root: Path, tmp_path: Path, artifact: Artifact, engine: MilvusEngine) -> Publish:
    def publish_them(*more: dict[str, Any], into: Path = root) -> str:
        corpus = tmp_path / "corpus.jsonl"
        corpus.write_text("".join(json.dumps(each) + "\n" for each in (*EPISODES, *more)))
        return build([corpus], into, artifact, BuildOptions(engine=engine)).manifest.snapshot_id

    return publish_them


NEW = {"id": "new", "summary": "A rocket to the moon."}


def refuse(engine: MilvusEngine, name: str) -> None:
    """Make a collection of this name that is none of Episode Search."""
    schema = pymilvus.MilvusClient.create_schema(auto_id=False)
    schema.add_field("id", pymilvus.DataType.INT64, is_primary=True)
    schema.add_field("other", pymilvus.DataType.FLOAT_VECTOR, dim=4)
    engine.connection.ask(
        lambda client, wait: client.create_collection(name, schema=schema, **wait)
    )


def test_an_alias_that_points_elsewhere_is_left_there(
    publish: Publish, engine: MilvusEngine, root: Path
) -> None:
    refuse(engine, "of_others")
    engine.connection.ask(lambda client, wait: client.create_alias("of_others", "podcasts", **wait))

    with pytest.raises(EngineMismatch, match=r"alias podcasts points to of_others, .*another name"):
        publish()

    found = engine.connection.ask(lambda client, wait: client.describe_alias("podcasts", **wait))
    assert found["collection_name"] == "of_others"
    assert not names(root)


def test_a_collection_of_the_name_is_left_as_it_is(publish: Publish, engine: MilvusEngine) -> None:
    refuse(engine, "podcasts")

    with pytest.raises(EngineMismatch, match="collection of the name podcasts"):
        publish()

    assert engine.connection.ask(lambda client, wait: client.list_collections(**wait)) == [
        "podcasts"
    ]


def test_an_index_of_another_folder_is_not_written_to(
    publish: Publish, engine: MilvusEngine, tmp_path: Path
) -> None:
    publish()
    before = engine.published()

    with pytest.raises(
        EngineMismatch, match=r"belongs to no snapshot in .*; use the folder that it was built in"
    ):
        publish(NEW, into=tmp_path / "elsewhere")

    assert engine.published() == before


def test_a_collection_of_another_schema_is_not_read(
    publish: Publish, engine: MilvusEngine, root: Path
) -> None:
    publish()
    published = str(engine.published())
    for name in (published, f"{published}_clauses"):
        engine.connection.ask(
            lambda client, wait, name=name: client.release_collection(name, **wait)
        )
    engine.connection.ask(
        lambda client, wait: client.drop_collection(f"{published}_clauses", **wait)
    )
    refuse(engine, f"{published}_clauses")

    with pytest.raises(EngineMismatch, match="has another schema; build the snapshot again"):
        Snapshot.current(root, engine=engine)


def test_a_generation_that_was_dropped_is_named(
    publish: Publish, engine: MilvusEngine, root: Path
) -> None:
    publish()
    engine.connection.ask(lambda client, wait: client.drop_alias("podcasts", **wait))
    for name in engine.generations():
        engine.drop(name)

    with pytest.raises(EngineMismatch, match=r"podcasts_g1_\w+ of the snapshot is not there"):
        Snapshot.current(root, engine=engine)


def test_a_snapshot_names_the_engine_that_has_its_vectors(publish: Publish, root: Path) -> None:
    publish()

    with pytest.raises(EngineMismatch, match=r"vectors are in milvus\+file:.*give this as INDEX"):
        Snapshot.current(root)


@pytest.mark.parametrize("version", ["2.1.9", "v5.0", "something"])
def test_a_server_of_an_unknown_version_is_refused(
    publish: Publish, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(pymilvus.MilvusClient, "get_server_version", lambda *_, **__: version)

    with pytest.raises(EngineMismatch, match=f"unknown version '{version}'; use one of 2.3"):
        publish()


def test_refused_credentials_are_told_without_repeating_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise pymilvus.MilvusException(code=1800, message="auth check failure, please check")

    monkeypatch.setattr(pymilvus.MilvusClient, "__init__", refused)
    engine = open_engine("milvus://root:secret@127.0.0.1/podcasts", 1.0)
    assert engine

    with pytest.raises(EngineMismatch, match="refuses the user or the token") as told:
        engine.published()

    assert "secret" not in f"{told.value} {engine.address}"


@pytest.mark.parametrize("failures", [1, 2])
def test_what_fails_once_is_asked_again_within_the_time(
    publish: Publish,
    engine: MilvusEngine,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    failures: int,
) -> None:
    publish()
    dense = Snapshot.current(root, engine=engine).indexes.dense
    search, asked = pymilvus.MilvusClient.search, []

    def search_later(client: pymilvus.MilvusClient, *what: Any, **how: Any) -> Any:
        asked.append(how["timeout"])
        if len(asked) <= failures:
            raise pymilvus.MilvusException(message="node not found")
        return search(client, *what, **how)

    monkeypatch.setattr(pymilvus.MilvusClient, "search", search_later)
    question = dense.rows(np.array([1]))
    if failures > 1:
        with pytest.raises(EngineUnavailable, match=r"does not answer \(node not found\)\."):
            dense.search(question, 1)
    else:
        assert [*dense.search(question, 1)[0]] == [[1]]
    assert asked == [10.0, 10.0]  # of the 20 seconds that it may take


def test_a_build_without_a_server_says_so_and_publishes_nothing(
    root: Path, artifact: Artifact, tmp_path: Path
) -> None:
    (tmp_path / "corpus.txt").write_text("Jazz.\n")
    engine = open_engine("milvus://127.0.0.1:1/podcasts", patience=0.5)

    with pytest.raises(EngineUnavailable, match=r"^milvus://127.0.0.1:1/podcasts: does not answer"):
        build([tmp_path / "corpus.txt"], root, artifact, BuildOptions(engine=engine))

    assert not names(root)


def test_a_build_that_is_killed_while_it_writes_changes_nothing_and_is_finished_by_the_next(
    publish: Publish, engine: MilvusEngine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, before = publish(), engine.published()
    with monkeypatch.context() as patch:
        patch.setattr(MilvusGeneration, "upsert_clauses", _kill)
        with pytest.raises(KeyboardInterrupt):
            publish(NEW)
    assert (current_name(root), engine.published()) == (first, before)
    (left,) = {*engine.generations()} - {before}

    second = publish(NEW)

    assert engine.published() == left
    assert len(Snapshot(root / second, engine=engine).indexes.dense) == len(EPISODES) + 1


def _kill(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("method", "instead", "reason"),
    [
        ("count", lambda _: (1, 1), "has 1 passages and 1 packs of clauses where 5"),
        ("search", lambda *_: [], "finds 0.000 of the nearest ten"),
    ],
)
def test_a_generation_that_is_not_whole_or_finds_too_little_is_not_put_in_force(
    publish: Publish,
    engine: MilvusEngine,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    instead: Callable[..., Any],
    reason: str,
) -> None:
    first, before = publish(), engine.published()
    if method == "search":
        finds = MilvusGeneration.search
        monkeypatch.setattr(
            MilvusGeneration,
            "search",
            lambda *asked: [(ids[:0], scores[:0]) for ids, scores in finds(*asked)],
        )
    else:
        monkeypatch.setattr(MilvusGeneration, method, instead)

    with pytest.raises(GenerationRefused, match=reason):
        publish(NEW)

    assert (current_name(root), engine.published(), names(root)) == (first, before, [first])


def test_a_build_killed_between_the_two_steps_of_publishing_is_followed(
    publish: Publish, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    with monkeypatch.context() as patch:
        patch.setattr("indexer.snapshot.retention.switch", _kill)
        with pytest.raises(KeyboardInterrupt):
            publish(NEW)

    publish(NEW)

    assert current_name(root) == names(root)[-1]
    assert len(names(root)) == 2  # the third build found that nothing has changed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("milvus://host/a_1", ("http://host:19530", "a_1", "milvus://host:19530/a_1", "", 1)),
        ("milvus://u:p%40@h:1/n", ("http://h:1", "n", "milvus://h:1/n", "u:p@", 1)),
        ("milvus+tls://h:1/n", ("https://h:1", "n", "milvus+tls://h:1/n", "", 1)),
        ("milvus://h:1/n?replicas=12", ("http://h:1", "n", "milvus://h:1/n", "", 12)),
        ("milvus+file:a/b.db/n", ("a/b.db", "n", "milvus+file:a/b.db/n", "", 1)),
    ],
)
def test_addresses(text: str, expected: tuple[object, ...]) -> None:
    found = engine_address(text)
    assert found
    parts = (found.uri, found.name, found.public, found.secret, found.replicas)
    assert parts == expected
    assert "p@" not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        *("milvus", "milvus://", "milvus://h", "milvus://h/", "milvus://h/a-b", "milvus+file:x/n"),
        *("http://h/n", "milvus://user:secret@h", "milvus://h/a/b", "faiss://x"),
        *("milvus://h/n?replicas=0", "milvus://h/n?replicas=", "milvus+file:x.db/n?replicas=2"),
    ],
)
def test_what_is_no_address_is_refused_without_its_secret(text: str) -> None:
    with pytest.raises(EngineMismatch, match=r"no index|no name") as told:
        engine_address(text)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("value", [*HOSTILE, "x" * 10_000, "\ud800", ""])
def test_no_value_of_a_filter_is_part_of_an_expression(value: str) -> None:
    filters = Filters(podcast=(value,), person=(value, "a"), tag=(value,), phrases=(value,))

    compiled = expression(filters)

    allowed = {"array_contains_any", "labels", "and"}
    left = "".join(c if c.isalpha() or c == "_" else " " for c in compiled).split()
    assert {*left} == allowed
    assert not {*compiled} - {*"abcdefghijklmnopqrstuvwxyz_ ()[],-0123456789"}
