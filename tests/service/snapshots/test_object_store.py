"""The service over a bucket of S3, with real processes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import ValidationError

from indexer.build import BuildOptions
from indexer.encoder.artifact import Artifact
from indexer.errors import StoreError
from indexer.snapshot.snapshot_cache import SnapshotCache
from indexer.snapshot.snapshot_store import Published, SnapshotStore
from indexer.storage.object_store import ObjectStore
from service.search.question_cache import QuestionCache
from service.settings import Settings, explain
from service.snapshots import places
from service.snapshots.reader import SnapshotReader
from tests.conftest import EPISODES, REPOSITORY, BuildFake
from tests.indexer.index.engine.lite_server import LiteServer, lite_server
from tests.service.snapshots.buckets import Store, bucket, environment, installed
from tests.service.snapshots.test_engine import episodes, publish
from tests.test_server import Server, serving

PUSHING = (
    "import sys; from pathlib import Path\n"
    "from indexer.snapshot.snapshot_store import SnapshotStore\n"
    "SnapshotStore(sys.argv[2]).push(Path(sys.argv[1]), 3)"
)
VERIFYING = (
    "import sys; from typer.testing import CliRunner; from service.cli.app import app\n"
    "for line in sys.stdin:\n"
    "    told = CliRunner().invoke(app, ['verify', '--snapshots', line.strip()]).output\n"
    "    print(told, end='', flush=True)"
)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("s3-packages"))


@pytest.fixture(scope="module")
def server_of_buckets(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with bucket(packages, tmp_path_factory.mktemp("moto") / "log") as store:
        yield store


@pytest.fixture
def store(
    server_of_buckets: Store, packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Store:
    for name, value in environment(packages, server_of_buckets.port).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("EPISODE_SEARCH_SNAPSHOT_CACHE", str(tmp_path / "cache"))
    return server_of_buckets


def push(root: Path, address: str) -> None:
    """As the command does, without what a build imports."""
    told = ran("-c", PUSHING, str(root), address)
    assert not told, told


def ran(*arguments: str) -> str:
    """What the program prints."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def answers_from(server: Server) -> str:
    return str(server.client.get("/search?q=kafka").raise_for_status().json()["snapshot"])


def all_answer_from(server: Server, name: str) -> bool:
    return {answers_from(server) for _ in range(8)} == {name}


def problem_of(server: Server) -> str | None:
    told: str | None = server.client.get("/readyz").raise_for_status().json()["problem"]
    return told


def test_each_bad_store_is_one_clear_sentence(
    store: Store, root: Path, build_fake: BuildFake
) -> None:
    name = build_fake().manifest.snapshot_id
    file = f"{name}/episodes.jsonl"
    pushed = ran("-m", "indexer", "push", "--out", str(root), "s3://podcasts/bad")
    assert pushed == f"in force   s3://podcasts/bad/{name}\n"
    with verifying() as verified:
        assert verified("s3://podcasts/bad").endswith("files are unchanged\n")
        assert verified("s3://podcasts/empty") == (
            "error: Nothing is published in s3://podcasts/empty yet; run python -m indexer push.\n"
        )
        assert verified("s3://nowhere/x") == (
            "error: s3://nowhere/x: there is no bucket nowhere; make it, or correct the address.\n"
        )
        store.put(f"bad/{file}", (root / file).read_bytes()[:-1] + b"!")
        assert verified("s3://podcasts/bad") == (
            f"error: s3://podcasts/bad/{file}: is damaged; run python -m indexer push --again.\n"
        )
        with store.refusing_everyone():
            assert verified("s3://podcasts/bad").startswith(
                "error: s3://podcasts/bad/CURRENT: the store refuses the credentials (Forbidden); "
            )


@contextmanager
def verifying() -> Iterator[Callable[[str], str]]:
    """What `episode-search verify` prints of each address, by one process."""
    with subprocess.Popen(
        [sys.executable, "-c", VERIFYING],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        addresses, told = process.stdin, process.stdout
        assert addresses
        assert told

        def verified(address: str) -> str:
            addresses.write(f"{address}\n")
            return told.readline()

        yield verified
        addresses.close()


@pytest.mark.usefixtures("store")
def test_with_vectors_in_milvus_a_service_has_nothing_but_a_bounded_cache(
    tmp_path: Path, artifact: Artifact
) -> None:
    building, cache, address = tmp_path / "building", tmp_path / "cache", "s3://podcasts/vectorless"

    def published(number: int, milvus: LiteServer) -> str:
        options = BuildOptions(engine=milvus.engine())
        name = publish(episodes(number), building / "snapshots", artifact, options)
        push(building / "snapshots", address)
        return name

    with lite_server(tmp_path / "milvus") as milvus:
        building.mkdir()
        first = published(40, milvus)
        building.rename(tmp_path / "another machine")
        options = ("--workers=2", "--refresh-interval=0.3", "--max-snapshot-cache-bytes=1")
        with serving(address, tmp_path / "log", f"--index={milvus.address}", *options) as server:
            assert answers_from(server) == first
            assert not [*cache.rglob("vectors.f16"), *cache.rglob("evidence_codes.npy")]

            (tmp_path / "another machine").rename(building)
            for number in (41, 42):
                newest = published(number, milvus)
                until(partial(all_answer_from, server, newest), server.log)
            assert len([*cache.glob("*/2*")]) <= 2  # the one that is open, and the one before

            milvus.stop()
            refused = server.client.get("/search?q=a new question")
            assert refused.status_code == 503
            until(lambda: server.client.get("/readyz").status_code == 503, server.log)
            milvus.start()
            server.wait_until_ready()
            until(partial(all_answer_from, server, newest), server.log)


def test_a_service_answers_from_a_bucket_follows_it_and_outlives_it(
    store: Store, tmp_path: Path, root: Path, build_fake: BuildFake
) -> None:
    address = "s3://podcasts/snapshots"
    first = build_fake(EPISODES[:3]).manifest.snapshot_id
    push(root, address)
    with serving(address, tmp_path / "log", "--workers=2", "--refresh-interval=0.3") as server:
        assert answers_from(server) == first
        second = build_fake().manifest.snapshot_id
        push(root, address)
        until(partial(all_answer_from, server, second), server.log)

        store.process.terminate()
        until(lambda: "the store does not answer" in (problem_of(server) or ""), server.log)
        assert answers_from(server) == second
        assert "the store does not answer" in server.log


class Gone(SnapshotStore):
    """A store that is away while it is told so."""

    away = False

    def current(self) -> Published:
        if self.away:
            raise StoreError("the store does not answer")
        return super().current()


def test_while_the_store_is_away_what_it_published_last_answers(
    tmp_path: Path, root: Path, build_fake: BuildFake
) -> None:
    build_fake()
    snapshots = Gone(f"memory://{uuid4().hex}")
    snapshots.push(root, 3)
    place = places.Store(snapshots, SnapshotCache(tmp_path / "cache", 1 << 40))

    def states(reader: SnapshotReader) -> Iterator[tuple[bool, str | None]]:
        for snapshots.away in (False, True, False):
            reader.refresh(at_once=True)
            yield reader.snapshot is not None, reader.problem

    away = (True, "the store does not answer")
    assert [*states(SnapshotReader(place, QuestionCache(0)))] == [(True, None), away, (True, None)]
    snapshots.away = True
    restarted = SnapshotReader(place, QuestionCache(0))
    restarted.refresh()
    assert (restarted.snapshot is not None, restarted.problem) == away
    never_seen = places.Store(snapshots, SnapshotCache(tmp_path / "empty", 1 << 40))
    empty = SnapshotReader(never_seen, QuestionCache(0))
    empty.refresh()
    assert (empty.snapshot, empty.problem) == (None, "the store does not answer")


def test_a_damaged_snapshot_is_taken_once_it_is_pushed_again(
    tmp_path: Path, root: Path, build_fake: BuildFake
) -> None:
    build_fake()
    address = f"memory://{uuid4().hex}"
    pushing = SnapshotStore(address)
    name = pushing.push(root, 3)
    ObjectStore(address).write(f"{name}/episodes.jsonl", b"damaged")
    place = places.Store(SnapshotStore(address), SnapshotCache(tmp_path / "cache", 1 << 40))
    reader = SnapshotReader(place, QuestionCache(0))
    for _ in range(2):
        reader.refresh(at_once=True)
        assert reader.snapshot is None
        assert "episodes.jsonl: is damaged" in (reader.problem or "")

    pushing.push(root, 3, again=True)
    reader.refresh()

    assert reader.snapshot is not None
    assert reader.problem is None


def test_a_missing_package_is_named_by_its_extra() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(snapshots="s3://podcasts/snapshots")

    assert "run pip install 'episode-search[s3]'" in explain(refused.value)
    assert len(explain(refused.value).splitlines()) == 1


@pytest.mark.parametrize("command", ["index a.txt", "reindex", "rollback", "diff", "forget x"])
def test_what_builds_needs_a_directory(command: str) -> None:
    from typer.testing import CliRunner

    from service.cli.app import app

    result = CliRunner().invoke(app, [*command.split(), "--snapshots", "s3://podcasts/snapshots"])

    assert result.exit_code == 2
    assert "build in a directory" in result.output
    assert not (Path.cwd() / "s3:").exists()


def test_a_local_snapshot_needs_no_fsspec(root: Path, build_fake: BuildFake) -> None:
    build_fake()
    program = (
        "import sys, asyncio, service.app, service.settings as s\n"
        "from service.app import create_reader\n"
        "reader = create_reader(s.Settings())\n"
        "reader.refresh()\n"
        "assert reader.snapshot\n"
        "print({'fsspec', 's3fs', 'aiohttp'} & {*sys.modules})"
    )
    imported = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"EPISODE_SEARCH_SNAPSHOTS": str(root)},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )

    assert imported.stdout == "set()\n"
