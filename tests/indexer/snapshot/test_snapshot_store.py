"""Snapshots in a store, by a store in memory and one in a folder."""

import os
import signal
import threading
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from uuid import uuid4

import pytest

from indexer.errors import NoSnapshot, SnapshotDamaged, StoreError
from indexer.snapshot import Snapshot, current_name
from indexer.snapshot.integrity import read_manifest
from indexer.snapshot.layout import CURRENT, MANIFEST
from indexer.snapshot.manifest import Manifest, sealed
from indexer.snapshot.snapshot_cache import SnapshotCache
from indexer.snapshot.snapshot_store import SnapshotStore
from indexer.storage.object_store import ObjectStore
from tests.conftest import EPISODES, BuildFake

ENDLESS = 1 << 40


@pytest.fixture(params=["memory", "file"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"memory://{uuid4().hex}" if request.param == "memory" else f"file://{tmp_path}/store"


@pytest.fixture
def cache(tmp_path: Path) -> SnapshotCache:
    return SnapshotCache(tmp_path / "cache", ENDLESS)


def fetched(cache: SnapshotCache, store: SnapshotStore) -> Snapshot:
    with cache.holding(store, store.current().name) as directory:
        return Snapshot(directory, verified="full")


def snapshots_in(folder: Path) -> set[str]:
    return {path.parent.name for path in folder.glob(f"*/*/{MANIFEST}")}


def test_what_is_pushed_is_fetched_whole(
    address: str, cache: SnapshotCache, root: Path, build_fake: BuildFake
) -> None:
    build_fake()
    store = SnapshotStore(address)

    name = store.push(root, keep=3)

    assert store.current().name == name == current_name(root)
    there, here = fetched(cache, store), Snapshot.current(root)
    assert [there.episodes.record(row) for row in range(len(EPISODES))] == [
        here.episodes.record(row) for row in range(len(EPISODES))
    ]
    assert "files are unchanged" in store.verify()


def test_a_push_writes_the_manifest_after_its_files_and_what_is_in_force_last(
    monkeypatch: pytest.MonkeyPatch, root: Path, build_fake: BuildFake
) -> None:
    build_fake()
    written: list[str] = []
    upload, write = ObjectStore.upload, ObjectStore.write

    def noting_upload(self: ObjectStore, source: Path, path: str) -> None:
        upload(self, source, path)
        written.append(path)

    def noting_write(self: ObjectStore, path: str, content: bytes) -> None:
        write(self, path, content)
        written.append(path)

    monkeypatch.setattr(ObjectStore, "upload", noting_upload)
    monkeypatch.setattr(ObjectStore, "write", noting_write)
    store = SnapshotStore(f"memory://{uuid4().hex}")

    name = store.push(root, keep=3)

    assert written[-2:] == [f"{name}/{MANIFEST}", CURRENT]
    files = len(written)
    store.push(root, keep=3)
    assert written[files:] == [CURRENT], "what is there is not uploaded again"


def test_what_is_in_force_is_read_only_when_it_was_written_again(
    monkeypatch: pytest.MonkeyPatch, address: str, root: Path, build_fake: BuildFake
) -> None:
    build_fake()
    store, pushing = SnapshotStore(address), SnapshotStore(address)
    first = pushing.push(root, keep=3)
    reads: list[str] = []
    read = ObjectStore.read

    def noting_read(self: ObjectStore, path: str) -> bytes:
        reads.append(path)
        return read(self, path)

    monkeypatch.setattr(ObjectStore, "read", noting_read)

    assert [store.current().name for _ in range(5)] == [first] * 5
    assert reads == [CURRENT]
    build_fake(EPISODES[:2])
    assert pushing.push(root, keep=3) == store.current().name != first


def test_the_store_keeps_so_many_and_the_one_in_force(
    address: str, root: Path, build_fake: BuildFake
) -> None:
    store = SnapshotStore(address)
    names = []
    for count in (1, 2, 3):
        build_fake(EPISODES[:count])
        names.append(store.push(root, keep=2))

    kept = {name for name in ObjectStore(address).names() if name != CURRENT}
    assert kept == {*names[1:]}


def test_a_damaged_object_is_named_and_leaves_nothing(
    address: str, tmp_path: Path, cache: SnapshotCache, root: Path, build_fake: BuildFake
) -> None:
    build_fake()
    store = SnapshotStore(address)
    name = store.push(root, keep=3)
    content = ObjectStore(address).read(f"{name}/episodes.jsonl")
    ObjectStore(address).write(f"{name}/episodes.jsonl", content[:-1] + b"!")

    with pytest.raises(SnapshotDamaged, match=r"episodes\.jsonl: is damaged; run .* push --again"):
        fetched(cache, store)
    with pytest.raises(SnapshotDamaged, match=r"episodes\.jsonl: is damaged"):
        store.verify()

    assert snapshots_in(tmp_path / "cache") == set()
    store.push(root, keep=3, again=True)
    assert len(fetched(cache, store).episodes) == len(EPISODES)


def test_a_manifest_that_names_files_elsewhere_is_refused(
    root: Path, build_fake: BuildFake, cache: SnapshotCache
) -> None:
    build_fake()
    address = f"memory://{uuid4().hex}"
    name = SnapshotStore(address).push(root, keep=3)
    manifest = read_manifest(root / name)
    files = {**manifest.files, "../../outside": next(iter(manifest.files.values()))}
    evil = sealed(manifest.model_copy(update={"files": files}))
    ObjectStore(address).write(f"{name}/{MANIFEST}", evil)

    with pytest.raises(SnapshotDamaged, match="is no file of a snapshot"):
        fetched(cache, SnapshotStore(address))


def test_an_empty_store_says_what_to_do(address: str) -> None:
    with pytest.raises(NoSnapshot, match=r"run python -m indexer push"):
        SnapshotStore(address).current()


def test_a_store_that_nothing_reaches_is_named() -> None:
    with pytest.raises(StoreError, match=r"^nowhere://bucket: "):
        SnapshotStore("nowhere://bucket")


def test_a_cached_snapshot_that_was_damaged_is_fetched_again(
    address: str, tmp_path: Path, cache: SnapshotCache, root: Path, build_fake: BuildFake
) -> None:
    build_fake()
    store = SnapshotStore(address)
    store.push(root, keep=3)
    fetched(cache, store)
    (file,) = (tmp_path / "cache").glob("*/*/episodes.jsonl")
    file.write_bytes(file.read_bytes()[:-9])

    assert len(fetched(cache, store).episodes) == len(EPISODES)


def test_the_least_recently_used_leaves_a_full_cache_unless_it_is_open(
    tmp_path: Path, root: Path, build_fake: BuildFake
) -> None:
    store, small = SnapshotStore(f"file://{tmp_path}/store"), SnapshotCache(tmp_path / "cache", 1)
    names = []
    build_fake(EPISODES[:2])
    names.append(store.push(root, keep=9))
    open_one = fetched(small, store)
    for count in (3, 4):
        build_fake(EPISODES[:count])
        names.append(store.push(root, keep=9))
        fetched(small, store)

    assert snapshots_in(tmp_path / "cache") == {names[0], names[2]}
    assert small.last(store) == names[2]
    assert len(open_one.episodes) == 2


def test_several_fetch_one_snapshot_once(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    root: Path,
    build_fake: BuildFake,
) -> None:
    build_fake()
    address = f"file://{tmp_path}/store"
    SnapshotStore(address).push(root, keep=3)
    counted = tmp_path / "fetched"
    fetch = SnapshotStore.fetch

    def counting(self: SnapshotStore, manifest: Manifest, content: bytes, directory: Path) -> None:
        with counted.open("a") as file:
            file.write("once\n")
        fetch(self, manifest, content, directory)

    monkeypatch.setattr(SnapshotStore, "fetch", counting)

    def work() -> None:
        cache = SnapshotCache(tmp_path / "cache", ENDLESS)
        assert len(fetched(cache, SnapshotStore(address)).episodes) == len(EPISODES)

    processes = [get_context("fork").Process(target=work) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0] * 4
    assert counted.read_text() == "once\n"


def test_a_kill_midway_leaves_nothing_that_is_taken_for_whole(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    cache: SnapshotCache,
    root: Path,
    build_fake: BuildFake,
) -> None:
    """A process is killed after some files; the next one finds no snapshot, and no rest."""
    build_fake()
    address = f"file://{tmp_path}/store"
    name = SnapshotStore(address).push(root, keep=3)
    fetch = ObjectStore.fetch

    for moment in (0, 1, 7, 20):
        count = iter(range(1000))

        def dying(
            self: ObjectStore,
            path: str,
            target: Path,
            count: Iterator[int] = count,
            at: int = moment,
        ) -> None:
            if next(count) == at:
                os.kill(os.getpid(), signal.SIGKILL)
            fetch(self, path, target)

        monkeypatch.setattr(ObjectStore, "fetch", dying)
        process = get_context("fork").Process(target=fetched, args=(cache, SnapshotStore(address)))
        process.start()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        assert not [*(tmp_path / "cache").glob(f"*/{name}")]

    monkeypatch.setattr(ObjectStore, "fetch", fetch)
    assert len(fetched(cache, SnapshotStore(address)).episodes) == len(EPISODES)
    assert not [*(tmp_path / "cache").glob("*/.staging-*")]


def test_a_store_is_used_by_threads_at_once(
    address: str, root: Path, build_fake: BuildFake
) -> None:
    build_fake()
    store = SnapshotStore(address)
    store.push(root, keep=3)
    seen: list[str] = []
    threads = [threading.Thread(target=lambda: seen.append(store.current().name)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [current_name(root)] * 8
