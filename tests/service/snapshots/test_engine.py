"""The service over a Milvus server: the same answers as with FAISS, and what it does without it."""

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import pytest
from pymilvus import MilvusClient
from starlette.testclient import TestClient

from indexer.build import BuildOptions, build
from indexer.encoder.artifact import Artifact
from indexer.snapshot import Snapshot, current_name, prune, rollback
from service.app import create_app
from service.settings import Settings
from tests.fakes import WORDS
from tests.indexer.index.engine.lite_server import LiteServer, lite_server
from tests.test_server import Server, serving
from tests.torture.service import until

ASKED = (
    ("", "&mode=dense", "&mode=lexical", "&podcast=Show 2", "&published_after=2024-01-01"),
    ("&person=Guest 3", "&min_duration_s=600", "&facets=podcast&sort=date", "&offset=40"),
    ("&min_relevance=0.3&recency=0.5", "&has=chapters", "&group_by=podcast&per_group=1"),
)
QUESTIONS = [
    f"/search?q={' '.join(random.Random(n).sample(WORDS, 2))}&k=10{more}"
    for n, more in enumerate(chain(*ASKED))
]
ELSEWHERE = [
    "/episodes?limit=20&podcast=Show 1",
    "/episodes/e7",
    "/episodes/e7/similar?k=5",
    "/episodes/e7/similar?k=20&podcast=Show 1",
    "/episodes/e7/moments?q=kafka jazz",
    "/episodes/e7/transcript",
    "/podcasts",
    "/suggest?q=Gu",
    '/search?q=jazz "history rome"',
]


EPISODES = 95  # all are candidates of every question, so it does not matter which of equal ones is


def episodes(number: int) -> list[dict[str, Any]]:
    rng = random.Random(1)
    return [
        {
            "id": f"e{n}",
            "title": " ".join(rng.sample(WORDS, 3)),
            "summary": f"{' '.join(rng.sample(WORDS, 8))}. {' '.join(rng.sample(WORDS, 4))}.",
            "podcast": {"title": f"Show {n % 5}"},
            "guests": [f"Guest {n % 7}"],
            "published_at": f"20{10 + n % 16}-05-04",
            "duration_s": 60 * (n % 30),
        }
        for n in range(number)
    ]


def publish(records: list[dict[str, Any]], root: Path, artifact: Artifact, options: Any) -> str:
    corpus = root.parent / "corpus.jsonl"
    corpus.write_text("".join(json.dumps(each) + "\n" for each in records))
    return build([corpus], root, artifact, options).manifest.snapshot_id


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteServer]:
    with lite_server(tmp_path_factory.mktemp("milvus")) as server:
        yield server


@pytest.fixture
def milvus(server: LiteServer, request: pytest.FixtureRequest) -> LiteServer:
    """With an index of this test alone."""
    server.name = f"of_test_{request.node.name.split('_')[-1]}"
    return server


def body(client: httpx2.Client, target: str) -> Any:
    answer = client.get(target)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return {name: found[name] for name in found if name not in ("snapshot", "took_ms")}


@contextmanager
def asking(server: Server, target: str) -> Iterator[list[httpx2.Response]]:
    """Ask all the while, each time another question; collects the answers."""
    answers: list[httpx2.Response] = []
    over = Event()

    def ask() -> None:
        for number in count():
            if over.is_set():
                return
            answers.append(server.client.get(f"{target} {number}", timeout=20))

    with ThreadPoolExecutor() as threads:
        asked = threads.submit(ask)
        try:
            yield answers
        finally:
            over.set()
        asked.result()


def assert_alike(one: Any, other: Any) -> None:
    """Equal, but for the last digits of scores."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            assert_alike(one[name], other[name])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for each in zip(one, other, strict=True):
            assert_alike(*each)
    else:
        assert one == (pytest.approx(other, abs=1e-4) if isinstance(one, float) else other)


def test_every_route_answers_as_with_faiss_and_without_milvus_says_so(
    tmp_path: Path, artifact: Artifact, milvus: LiteServer
) -> None:
    records = episodes(EPISODES)
    root, remote = tmp_path / "faiss", tmp_path / "remote"
    publish(records, root, artifact, BuildOptions())
    publish(records, remote, artifact, BuildOptions(engine=milvus.engine()))
    assert not [*remote.rglob("vectors.f16"), *remote.rglob("evidence_codes.npy")]
    options = ("--workers=2", f"--index={milvus.address}")
    with (
        TestClient(create_app(Settings(snapshots=root))) as one,
        serving(remote, tmp_path / "log", *options) as other,
    ):
        for target in (*QUESTIONS, *ELSEWHERE):
            assert_alike(body(other.client, target), body(one, target))
        assert other.client.get("/snapshot").json()["index"]["kind"] == "milvus"

        milvus.stop()
        refused = other.client.get("/search?q=kafka and a new question")
        assert refused.status_code == 503
        assert "does not answer" in refused.json()["detail"]
        assert until(lambda: other.client.get("/readyz").status_code == 503)
        assert milvus.address in other.client.get("/readyz").json()["detail"]
        assert other.client.get("/episodes/e7").status_code == 200  # needs no vector

        milvus.start()
        other.wait_until_ready()
        assert until(
            lambda: other.client.get("/search?q=kafka and one more question").status_code == 200
        )


def test_a_new_generation_is_answered_from_and_the_one_before_can_be_put_back(
    tmp_path: Path, artifact: Artifact, milvus: LiteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, engine = tmp_path / "remote", milvus.engine()
    switches, switch = [], MilvusClient.alter_alias

    def alter_alias(client: MilvusClient, name: str, alias: str, **wait: float) -> None:
        switches.append(name)
        switch(client, name, alias, **wait)

    monkeypatch.setattr(MilvusClient, "alter_alias", alter_alias)
    records = episodes(60)
    options = BuildOptions(engine=engine)
    first = publish(records, root, artifact, options)
    assert publish(records, root, artifact, options) == first  # nothing has changed
    target = "/search?k=100&mode=dense&q=rocket moon"
    with (
        serving(root, tmp_path / "log", "--workers=1", f"--index={milvus.address}") as server,
        asking(server, target) as answers,
    ):
        added = {"id": "new", "summary": "Rocket moon, rocket moon."}
        second = publish([*records, added], root, artifact, options)
        assert switches == [engine.published()]
        assert until(lambda: server.client.get("/readyz").json()["snapshot"] == second)
        (hit, *_) = body(server.client, "/search?q=rocket moon&mode=dense")["hits"]
        assert hit["episode"]["id"] == "new"

        assert rollback(root, None, engine) == first
        assert until(lambda: server.client.get("/readyz").json()["snapshot"] == first)
        hits = body(server.client, target)["hits"]
        assert "new" not in {each["episode"]["id"] for each in hits}
    assert {answer.status_code for answer in answers} == {200}
    for answer in (each.json() for each in answers):  # none is mixed
        has_new = "new" in {hit["episode"]["id"] for hit in answer["hits"]}
        assert has_new == (answer["snapshot"] == second)
    assert {each.json()["snapshot"] for each in answers} == {first, second}


def test_the_generations_of_pruned_snapshots_are_written_again(
    tmp_path: Path, artifact: Artifact, milvus: LiteServer
) -> None:
    root, engine = tmp_path / "remote", milvus.engine()
    options = BuildOptions(engine=engine)
    for number in range(40, 44):
        name = publish(episodes(number), root, artifact, options)
        prune(root, 1, engine)
        assert len(engine.generations()) <= 2  # the one in force and a spare
        snapshot = Snapshot(root / name, engine=engine)
        assert len(snapshot.indexes.dense) == number
        assert current_name(root) == name
        del snapshot
