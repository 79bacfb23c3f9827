import errno
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from indexer.build import BuildOptions, build
from indexer.corpus import Rejection
from indexer.encoder.artifact import Artifact
from indexer.errors import (
    BuildInProgress,
    CorpusError,
    NoSnapshot,
    SegmenterMissing,
    SnapshotDamaged,
    SnapshotError,
    SnapshotTooNew,
)
from indexer.snapshot import Snapshot, building, current_name, prune, rollback
from indexer.snapshot.manifest import Manifest, SegmenterRecord, sealed
from indexer.text import segmentation
from tests.conftest import EPISODES, REPOSITORY, BuildFake

CHANGED = (*EPISODES, {"id": "moon", "summary": "A rocket to the moon."})


def answer(root: Path, question: str = "jazz guitar") -> str:
    """The id of the nearest episode, from the snapshot in force, which is opened again."""
    snapshot = Snapshot.current(root)
    (rows,), _ = snapshot.indexes.dense.search(snapshot.encoder.encode_queries([question]), 1)
    return snapshot.episodes.episode(int(rows[0])).episode_id


def leftovers(root: Path) -> list[Path]:
    return list(root.rglob(".staging-*"))


def replace(file: Path, content: bytes) -> None:
    """Replace the file instead of writing to it, because snapshots share files of the encoder."""
    file.unlink()
    file.write_bytes(content)


# Publishing


def test_the_manifest_names_the_segmenter_of_unspaced_scripts(
    build_fake: BuildFake,
) -> None:
    english = build_fake().manifest
    assert (english.corpus.unspaced, english.lexical.segmenter) == (0, None)

    mixed = build_fake([*EPISODES, {"id": "rail", "summary": "青藏铁路的修建。"}]).manifest
    assert mixed.corpus.unspaced == 1
    assert mixed.lexical.segmenter == SegmenterRecord(name="ICU", version=segmentation.version())


def test_a_snapshot_from_before_texts_were_segmented_is_built_again(
    build_fake: BuildFake, root: Path
) -> None:
    episodes = (*EPISODES, {"id": "rail", "summary": "青藏铁路的修建。"})
    new = build_fake(episodes).manifest
    file = root / new.snapshot_id / "manifest.json"
    fields = json.loads(file.read_text())
    del fields["corpus"]["unspaced"], fields["lexical"]["segmenter"]
    file.write_bytes(sealed(Manifest.model_validate(fields)))
    assert not Snapshot.current(root).indexes.lexical.segmented

    assert build_fake(episodes).manifest.lexical == new.lexical
    assert Snapshot.current(root).indexes.lexical.segmented


def test_a_snapshot_whose_segmenter_is_missing_is_refused_by_name(
    build_fake: BuildFake, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = build_fake(
        [*EPISODES, {"id": "rail", "summary": "青藏铁路的修建。"}]
    ).manifest.snapshot_id
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "icu4py", None)
        with pytest.raises(SegmenterMissing, match=f"{name}: icu4py.* pip install icu4py"):
            Snapshot.current(root)
    with monkeypatch.context() as patch:
        patch.setattr(segmentation, "NAME", "another")
        with pytest.raises(
            SegmenterMissing, match=f"{name}: .* ICU, .* another; run episode-search reindex"
        ):
            Snapshot.current(root)


def test_a_snapshot_that_needs_no_segmenter_opens_without_one(
    build_fake: BuildFake, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "icu4py", None)
    build_fake()
    assert answer(root) == "jazz"


def test_a_built_snapshot_is_in_force_and_answers(build_fake: BuildFake, root: Path) -> None:
    manifest = build_fake().manifest
    assert current_name(root) == manifest.snapshot_id == Snapshot.current(root).id
    assert answer(root) == "jazz"
    assert leftovers(root) == []


def test_the_manifest_has_sources_and_skipped_records(
    build_fake: BuildFake, tmp_path: Path
) -> None:
    corpus = build_fake([*EPISODES, {"title": "no summary"}]).manifest.corpus
    assert (corpus.episodes, corpus.skipped) == (4, 1)
    assert corpus.first_skipped[0].place == f"{tmp_path / 'corpus.jsonl'}:5"


def test_an_unchanged_corpus_changes_nothing(build_fake: BuildFake, root: Path) -> None:
    first = build_fake()
    published = sorted((path, path.stat().st_mtime_ns) for path in root.rglob("[!.]*"))
    again = build_fake()
    assert (first.changes.new, again.changes.unchanged) == (4, 4)
    assert (first.embedded > 0, again.texts, again.embedded) == (True, 0, 0)
    assert again.manifest == first.manifest
    assert [(p, t) for p, t in published if p.stat().st_mtime_ns != t] == []


def test_a_changed_corpus_is_put_in_force_and_the_old_snapshot_is_kept(
    build_fake: BuildFake, root: Path
) -> None:
    old = build_fake().manifest
    new = build_fake(CHANGED).manifest
    assert current_name(root) == new.snapshot_id != old.snapshot_id
    assert answer(root, "rocket moon") == "moon"
    assert len(Snapshot(root / old.snapshot_id).episodes) == 4


def test_a_damaged_snapshot_in_force_is_rebuilt_from_the_same_corpus(
    build_fake: BuildFake, root: Path
) -> None:
    manifest = build_fake().manifest
    (root / manifest.snapshot_id / next(iter(manifest.files))).unlink()
    assert build_fake().changes.new == 4
    assert answer(root) == "jazz"


def test_a_second_build_at_once_is_refused(build_fake: BuildFake, root: Path) -> None:
    with building(root), pytest.raises(BuildInProgress, match=str(root)):
        build_fake()
    assert build_fake().changes.new == 4


# Opening


def flip_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    replace(file, bytes(content))


def cut_short(file: Path) -> None:
    replace(file, file.read_bytes()[:-1])


@pytest.mark.parametrize("harm", [flip_a_bit, cut_short, Path.unlink])
def test_a_damaged_file_of_any_kind_is_refused_by_name(
    build_fake: BuildFake, root: Path, harm: Callable[[Path], None]
) -> None:
    manifest = build_fake().manifest
    for name in (name for name, record in manifest.files.items() if record.bytes):
        copy = root / "copy"
        shutil.copytree(root / manifest.snapshot_id, copy)
        harm(copy / name)
        with pytest.raises(SnapshotDamaged, match=f"{copy / name}: is "):
            Snapshot(copy)
        shutil.rmtree(copy)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"[]", b"{}", b'{"format_version": 1}', b'{"format_version":{}}'],
)
def test_an_unreadable_manifest_is_refused_by_name(
    build_fake: BuildFake, root: Path, content: bytes
) -> None:
    file = root / build_fake().manifest.snapshot_id / "manifest.json"
    file.write_bytes(content)
    with pytest.raises(SnapshotDamaged, match=str(file)):
        Snapshot.current(root)


def test_a_directory_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotDamaged, match="is missing"):
        Snapshot(tmp_path)


def test_a_later_format_is_refused_whatever_its_other_fields_are(
    build_fake: BuildFake, root: Path
) -> None:
    directory = root / build_fake().manifest.snapshot_id
    (directory / "manifest.json").write_text('{"format_version": 999}')
    with pytest.raises(SnapshotTooNew, match=f"{directory}: is of format 999"):
        Snapshot.current(root)


def test_an_empty_directory_raises_no_snapshot(root: Path) -> None:
    with pytest.raises(NoSnapshot, match=str(root)):
        Snapshot.current(root)


@pytest.mark.parametrize(
    "content", [b"", b"../../etc", b"\xff\xfe", b"19700101T000000Z-0123456789abcdef\n"]
)
def test_a_current_file_that_names_no_snapshot_is_refused_and_fixed_by_a_build(
    build_fake: BuildFake, root: Path, content: bytes
) -> None:
    build_fake()
    (root / "CURRENT").write_bytes(content)
    with pytest.raises(SnapshotDamaged, match=str(root)):
        Snapshot.current(root)
    build_fake()
    assert answer(root) == "jazz"


# Pruning


@contextmanager
def held_open_elsewhere(directory: Path) -> Iterator[None]:
    """Within the block, another process has the snapshot open."""
    hold = (
        "import sys, pathlib; from indexer.snapshot import Snapshot; "
        "snapshot = Snapshot(pathlib.Path(sys.argv[1])); print('open', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, directory],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        yield
        process.kill()


@pytest.fixture
def five(build_fake: BuildFake, root: Path) -> list[str]:
    """The names of five snapshots, oldest first, the last of them in force."""
    in_force = build_fake().manifest.snapshot_id
    older = [f"{year}0101T000000Z-0123456789abcdef" for year in range(2001, 2005)]
    for name in older:
        shutil.copytree(root / in_force, root / name)
    return [*older, in_force]


def snapshots(root: Path) -> list[str]:
    return sorted(path.parent.name for path in root.glob("*/manifest.json"))


def test_pruning_keeps_the_newest(five: list[str], root: Path) -> None:
    assert prune(root, keep=2) == five[:3]
    assert snapshots(root) == five[3:]


def test_pruning_keeps_the_snapshot_in_force_however_old(five: list[str], root: Path) -> None:
    (root / "CURRENT").write_text(five[0])
    prune(root, keep=1)
    assert snapshots(root) == [five[0], five[-1]]


def test_pruning_keeps_a_snapshot_that_another_process_has_open(
    five: list[str], root: Path
) -> None:
    with held_open_elsewhere(root / five[1]):
        prune(root, keep=1)
        assert snapshots(root) == [five[1], five[-1]]
    prune(root, keep=1)
    assert snapshots(root) == five[-1:]


def test_pruning_removes_files_of_a_killed_pruning(five: list[str], root: Path) -> None:
    (root / five[0] / "manifest.json").unlink()
    prune(root, keep=4)
    assert not (root / five[0]).exists()


def test_builds_within_one_second_get_different_names(build_fake: BuildFake, root: Path) -> None:
    for episodes in (EPISODES, CHANGED) * 3:
        name = build_fake(episodes).manifest.snapshot_id
        prune(root, keep=1)  # frees names out of order
        assert current_name(root) == name
    assert answer(root, "rocket moon") == "moon"


# Builds that fail


@pytest.fixture
def changed_corpus(tmp_path: Path) -> Path:
    corpus = tmp_path / "changed.jsonl"
    corpus.write_text("\n".join(map(json.dumps, [*CHANGED, {"no": "summary"}])))
    return corpus


@pytest.fixture
def _stays_in_force(build_fake: BuildFake, root: Path) -> Iterator[None]:
    """A second build fails within the block; the first snapshot answers and no files remain."""
    name = build_fake().manifest.snapshot_id
    yield
    assert current_name(root) == name
    assert answer(root) == "jazz"
    assert leftovers(root) == []


@pytest.mark.usefixtures("_stays_in_force")
def test_a_build_stopped_by_a_bad_record_changes_nothing(
    root: Path, artifact: Artifact, changed_corpus: Path
) -> None:
    def stop(rejection: Rejection) -> None:
        raise CorpusError(str(rejection))

    with pytest.raises(CorpusError):
        build([changed_corpus], root, artifact, BuildOptions(on_rejected=stop))


@pytest.mark.usefixtures("_stays_in_force")
@pytest.mark.parametrize(
    "step",
    [
        "tempfile.mkdtemp",
        "numpy.save",
        "indexer.index.vectors.vector_file.VectorWriter.add",
        "os.fsync",
        "pathlib.Path.write_text",
        "pathlib.Path.rename",
        "pathlib.Path.replace",
    ],
)
def test_a_full_disk_at_any_step_changes_nothing(
    root: Path, artifact: Artifact, changed_corpus: Path, step: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step, fail)
        with pytest.raises(OSError, match="No space left"):
            build([changed_corpus], root, artifact)


@pytest.mark.usefixtures("_stays_in_force")
def test_an_empty_corpus_changes_nothing(root: Path, artifact: Artifact, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    with pytest.raises(CorpusError, match=f"has no episode: {tmp_path / 'empty.txt'}"):
        build([tmp_path / "empty.txt"], root, artifact)


def test_files_of_a_killed_build_are_removed_and_never_used(
    build_fake: BuildFake, root: Path
) -> None:
    left = root / ".staging-killed" / "encoder"
    left.mkdir(parents=True)
    (left.parent / "manifest.json").write_text("{}")
    with pytest.raises(SnapshotError):
        Snapshot.current(root)
    build_fake()
    assert leftovers(root) == []


# Rollback


def test_a_rollback_puts_the_previous_snapshot_in_force(build_fake: BuildFake, root: Path) -> None:
    first = build_fake().manifest.snapshot_id
    second = build_fake(CHANGED).manifest.snapshot_id
    assert rollback(root) == first == current_name(root)
    assert rollback(root, second) == second == current_name(root)


def test_a_rollback_to_a_missing_or_damaged_snapshot_changes_nothing(
    build_fake: BuildFake, root: Path
) -> None:
    first = build_fake().manifest
    with pytest.raises(NoSnapshot, match="an earlier snapshot is not kept"):
        rollback(root)
    in_force = build_fake(CHANGED).manifest.snapshot_id
    with pytest.raises(NoSnapshot, match=f"take one of {first.snapshot_id}, {in_force}"):
        rollback(root, "../elsewhere")
    cut_short(root / first.snapshot_id / "episodes.jsonl")
    with pytest.raises(SnapshotDamaged):
        rollback(root)
    assert current_name(root) == in_force
