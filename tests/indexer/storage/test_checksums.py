from pathlib import Path

import pytest

from indexer.errors import SnapshotDamaged
from indexer.snapshot import Snapshot, integrity, verify
from indexer.storage.checksums import SAMPLED_FROM, FileRecord, file_record, matches
from tests.conftest import BuildFake

LARGE = 4 * SAMPLED_FROM


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(bytes(LARGE))
    return path


def flip(file: Path, position: int) -> None:
    with file.open("r+b") as stream:
        stream.seek(position)
        (byte,) = stream.read(1)
        stream.seek(position)
        stream.write(bytes([byte ^ 1]))


def verdicts(file: Path, record: FileRecord) -> tuple[bool, bool]:
    return matches(file, record, sampled=True), matches(file, record, sampled=False)


@pytest.mark.parametrize("position", [0, LARGE - 1])
def test_a_sample_includes_both_ends_of_a_file(file: Path, position: int) -> None:
    record = file_record(file)
    assert verdicts(file, record) == (True, True)
    flip(file, position)
    assert verdicts(file, record) == (False, False)


def test_a_sample_may_miss_damage_between_its_blocks(file: Path) -> None:
    record = file_record(file)
    flip(file, 100_000)
    assert verdicts(file, record) == (True, False)


def test_a_small_file_is_sampled_whole(tmp_path: Path) -> None:
    file = tmp_path / "small"
    file.write_bytes(bytes(SAMPLED_FROM))
    record = file_record(file)
    assert record.sample == record.sha256


def test_a_truncated_file_is_detected_by_its_size(file: Path) -> None:
    record = file_record(file)
    file.write_bytes(bytes(LARGE - 1))
    assert verdicts(file, record) == (False, False)


def test_a_large_snapshot_is_sampled_when_it_is_opened(
    build_fake: BuildFake, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files here are so small that their samples are the whole files."""
    manifest = build_fake().manifest
    monkeypatch.setattr(integrity, "_HASHED_WHOLE", 0)
    monkeypatch.setattr("indexer.storage.checksums.sha256_of", None)
    directory = root / manifest.snapshot_id
    Snapshot(directory)
    flip(directory / "evidence_scales.npy", 130)
    with pytest.raises(SnapshotDamaged, match="evidence_scales"):
        verify(directory, manifest, "sampled")
