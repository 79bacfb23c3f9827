"""A cluster of Milvus, of which a query node is killed under load."""

import json
import os
import random
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from indexer.build import BuildOptions, build
from indexer.encoder.artifact import Artifact
from indexer.errors import EngineMismatch
from indexer.index.engine.engine import Kind
from tests.distributed.milvus_cluster import Cluster, cluster
from tests.fakes import WORDS
from tests.indexer.index.engine.contract import check_contract, opened
from tests.indexer.index.engine.milvus_server import cache_of
from tests.service.snapshots.test_engine import asking, episodes
from tests.test_server import serving
from tests.torture.service import until

ASKERS = 4
ANSWERS = 200  # of each asker, before the kill and after it


@pytest.fixture(scope="module")
def milvus(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    with cluster(cache_of(request.config), tmp_path_factory.mktemp("cluster")) as started:
        yield started


def test_a_cluster_keeps_the_contract(milvus: Cluster, tmp_path: Path) -> None:
    with opened(f"milvus://127.0.0.1:{milvus.port}/contract") as engine:
        check_contract(engine, tmp_path)


def test_more_replicas_than_query_nodes_are_refused(milvus: Cluster) -> None:
    with opened(f"milvus://127.0.0.1:{milvus.port}/too_many?replicas=3") as engine:
        generation = engine.begin(Kind("0123456789ab", 8, exact=True))
        with pytest.raises(EngineMismatch, match="fewer query nodes than the 3 replicas"):
            generation.settle()


def test_with_two_replicas_a_killed_query_node_costs_no_answer(
    milvus: Cluster, tmp_path: Path, artifact: Artifact
) -> None:
    address, root = f"milvus://127.0.0.1:{milvus.port}/twice?replicas=2", tmp_path / "root"
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("".join(json.dumps(each) + "\n" for each in episodes(1_500)))
    with opened(address) as engine, ExitStack() as stack:
        build([corpus], root, artifact, BuildOptions(engine=engine))
        options = ("--workers=2", f"--index={address}")
        server = stack.enter_context(serving(root, tmp_path / "log", *options))
        askers = [
            stack.enter_context(asking(server, f"/search?k=10&q={' '.join(words)}"))
            for words in (random.Random(n).sample(WORDS, 2) for n in range(ASKERS))
        ]
        assert until(lambda: all(len(each) >= ANSWERS for each in askers))
        before = [len(each) for each in askers]
        os.kill(milvus.query_nodes.pop(), signal.SIGKILL)
        assert until(
            lambda: all(len(a) >= b + ANSWERS for a, b in zip(askers, before, strict=True))
        )
    answers = [answer for each in askers for answer in each]
    failed = [answer.text for answer in answers if answer.status_code != 200]
    print(f"{len(answers)} answers, {len(failed)} failed")
    assert not failed
