"""What a rebuild reuses from the previous snapshot, and what it does not."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from indexer.build import BuildOptions, build
from indexer.corpus import Record, Rejection, read_record
from indexer.encoder import Vectors
from indexer.encoder.artifact import Artifact
from indexer.encoder.onnx_encoder import OnnxEncoder
from indexer.episode import Episode
from indexer.errors import TooManyLost
from indexer.snapshot import Snapshot, current_name, prune, read_manifest
from indexer.snapshot.staging import open_staging
from indexer.storage.episode_store import MISSING, Changes, EpisodeStore
from tests.conftest import EPISODES, REPOSITORY, BuildFake
from tests.indexer.snapshot.test_snapshot import answer

STREAMS, JAZZ, ROME, SOIL = EPISODES
EDITED = {**JAZZ, "summary": "Jazz on a grand piano."}


def everything(root: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in (root, *root.rglob("*"))}


def test_changed_removed_and_new_episodes_are_counted(build_fake: BuildFake) -> None:
    build_fake([STREAMS, JAZZ, ROME])
    outcome = build_fake([STREAMS, EDITED, SOIL])
    assert outcome.changes == Changes(new=1, changed=1, removed=1, unchanged=1)


def test_a_rebuild_compares_the_episodes_with_those_before_once(
    build_fake: BuildFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_fake()
    compared: list[EpisodeStore] = []
    pairs = EpisodeStore._pairs

    def counted(self: EpisodeStore, other: EpisodeStore) -> dict[int, int]:
        compared.append(other)
        return pairs(self, other)

    monkeypatch.setattr(EpisodeStore, "_pairs", counted)
    build_fake([STREAMS, EDITED, ROME, SOIL])
    assert len(compared) == 1


def test_a_loss_is_refused_before_anything_is_embedded(
    build_fake: BuildFake,
    tmp_path: Path,
    root: Path,
    artifact: Artifact,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    build_fake()
    (tmp_path / "corpus.jsonl").write_text(json.dumps(EDITED))
    embedded: list[str] = []
    monkeypatch.setattr(OnnxEncoder, "encode_documents", lambda _, texts: embedded.extend(texts))
    with pytest.raises(TooManyLost, match="3 of 4 episodes would disappear"):
        build([tmp_path / "corpus.jsonl"], root, artifact, BuildOptions(max_lost=0.5))
    assert embedded == []


def test_an_episode_that_moved_is_known_by_its_words(build_fake: BuildFake, root: Path) -> None:
    old = Snapshot(root / build_fake().manifest.snapshot_id).episodes
    new = Snapshot(root / build_fake([SOIL, EDITED, ROME]).manifest.snapshot_id).episodes
    matches = new.matches_in(old)
    assert matches.rows.tolist() == [3, MISSING, 2]
    assert matches.changes == Changes(new=0, changed=1, removed=1, unchanged=2)


def test_only_new_texts_are_embedded(build_fake: BuildFake) -> None:
    first = build_fake()
    assert first.embedded == first.texts - 3  # a summary of one clause is the same text twice
    assert build_fake([STREAMS, EDITED, ROME, SOIL]).embedded == 1
    assert build_fake([STREAMS, ROME]).embedded == 0


def test_a_rebuild_gives_the_same_files_as_a_full_build(
    build_fake: BuildFake, root: Path, tmp_path: Path, artifact: Artifact
) -> None:
    plea = "Subscribe wherever you listen!"
    jazz = [
        {"id": f"j{n}", "summary": f"{JAZZ['summary']} {plea}", "podcast": "Sounds", "season": n}
        for n in range(3)
    ]
    rome = [{**episode, "id": f"r{n}", "podcast": "Rome"} for n, episode in enumerate(jazz)]
    build_fake([STREAMS, *jazz[:2], *rome, ROME])
    # A third repetition makes the plea boilerplate in one podcast; the other moves by two rows.
    incremental = build_fake([SOIL, STREAMS, *jazz, *rome, EDITED])
    assert incremental.changes == Changes(new=3, changed=0, removed=1, unchanged=6)
    build([tmp_path / "corpus.jsonl"], tmp_path / "anew", artifact)
    assert checksums(root) == checksums(tmp_path / "anew")


def checksums(root: Path) -> dict[str, str]:
    """Checksums of all files but the lexical index, whose files have random names."""
    files = read_manifest(root / current_name(root)).files
    return {name: file.sha256 for name, file in files.items() if not name.startswith("lexical")}


def test_an_unchanged_record_is_not_parsed_again(
    build_fake: BuildFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_fake()
    read = []

    def note(record: Record) -> Iterator[Episode | Rejection]:
        read.append(record.fields["id"])
        return read_record(record)

    monkeypatch.setattr("indexer.corpus.parse_cache.read_record", note)
    outcome = build_fake([ROME, EDITED, STREAMS])
    assert read == [EDITED["id"]]
    assert outcome.changes == Changes(new=0, changed=1, removed=1, unchanged=2)


def test_merged_renamed_and_rejected_records_are_rebuilt_to_the_same_files(
    root: Path, tmp_path: Path, artifact: Artifact
) -> None:
    said = {"title": "Rome", "summary": "The gardens of Rome, and the seeds that grew there. " * 2}
    records = [
        {**said, "id": "first", "language": "en-GB"},
        {**said, "id": "again"},
        {**JAZZ, "season": "none"},
        {"summary": "A rocket to the moon.", "guid": "1", "podcast": "One"},
        {"summary": "Money for a startup.", "guid": "1", "podcast": "Two"},
        {"id": "no summary"},
        *({**STREAMS, "id": f"s{n}", "season": n} for n in range(3)),
    ]
    corpus = tmp_path / "corpus.jsonl"
    told: list[list[Rejection]] = [[], []]
    for rejections in told:
        corpus.write_text("".join(json.dumps(record) + "\n" for record in records))
        outcome = build([corpus], root, artifact, BuildOptions(on_rejected=rejections.append))
        records.append(SOIL)
    build([corpus], tmp_path / "anew", artifact)
    assert told[0] == told[1]
    assert len(told[0]) == 2
    assert outcome.manifest.corpus.merged == 1
    assert checksums(root) == checksums(tmp_path / "anew")


def test_nothing_is_reused_from_a_damaged_snapshot(build_fake: BuildFake, root: Path) -> None:
    manifest = build_fake().manifest
    file = root / manifest.snapshot_id / "evidence_codes.npy"
    with open_staging(root) as place:
        assert place.previous_snapshot(manifest)
        file.write_bytes(file.read_bytes()[:-1] + b"\x55")
        assert place.previous_snapshot(manifest) is None


def test_an_episode_that_returns_still_has_its_vectors(build_fake: BuildFake, root: Path) -> None:
    build_fake()
    build_fake([STREAMS, ROME, SOIL])
    outcome = build_fake()
    assert (outcome.changes.new, outcome.embedded) == (1, 0)
    assert answer(root) == "jazz"


def test_unused_vectors_are_removed_once_they_are_the_majority(build_fake: BuildFake) -> None:
    build_fake()
    build_fake([ROME])
    assert build_fake().embedded > 0


def test_another_model_embeds_all_texts_again(
    tmp_path: Path, root: Path, build_fake: BuildFake, artifact: Artifact
) -> None:
    first = build_fake()
    record = artifact.record.model_copy(update={"fingerprint": "f" * 16})
    outcome = build([tmp_path / "corpus.jsonl"], root, Artifact(artifact.directory, record))
    assert outcome.changes.unchanged == len(EPISODES)
    assert outcome.embedded == first.embedded
    assert outcome.earlier == first.manifest
    assert len(list((root / "embeddings").iterdir())) == 2


def test_embeddings_are_removed_with_the_last_snapshot_of_their_model(
    tmp_path: Path, root: Path, build_fake: BuildFake, artifact: Artifact
) -> None:
    build_fake()
    record = artifact.record.model_copy(update={"fingerprint": "f" * 16})
    build([tmp_path / "corpus.jsonl"], root, Artifact(artifact.directory, record))
    prune(root, keep=1)
    assert [file.name for file in (root / "embeddings").iterdir()] == [f"{'f' * 16}-fp32.sqlite"]


def test_with_a_damaged_cache_texts_are_embedded_again(build_fake: BuildFake, root: Path) -> None:
    first = build_fake()
    (cache,) = (root / "embeddings").iterdir()
    cache.write_bytes(b"no database" * 1000)
    renumbered = [{**episode, "season": 9} for episode in EPISODES]  # so that none is reused
    assert build_fake(renumbered).embedded == first.embedded
    assert answer(root) == "jazz"


def test_without_changes_nothing_is_parsed_or_written(
    build_fake: BuildFake, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_fake()
    before = everything(root)
    monkeypatch.setattr("indexer.build.ingest", None)
    assert build_fake().changes == Changes(0, 0, 0, len(EPISODES))
    assert everything(root) == before


def test_a_reformatted_file_is_parsed_and_changes_nothing(
    build_fake: BuildFake,
) -> None:
    name = build_fake().manifest.snapshot_id
    spaced: list[Mapping[str, object]] = [{**episode, "title": ""} for episode in EPISODES[1:]]
    assert build_fake([STREAMS, *spaced]).manifest.snapshot_id == name


def test_a_build_killed_at_any_moment_is_completed_by_the_next(tmp_path: Path) -> None:
    """At 10 random moments: the old snapshot answers, and the next build writes the same files."""
    old, new = tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    old.write_text("".join(json.dumps(episode) + "\n" for episode in EPISODES))
    new.write_text(old.read_text() + "".join(map(json_line, range(8))))
    done = subprocess.run(
        [sys.executable, "-m", "tests.killed_builds", old, new, tmp_path, "10"],
        cwd=REPOSITORY,
        env=os.environ | {"OMP_NUM_THREADS": "1"},  # it forks, and a fork does not copy threads
        stdout=subprocess.PIPE,
        check=True,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(t["answers"], t["same"], t["left"]) for t in told] == [("jazz", True, 0)] * 10


def json_line(number: int) -> str:
    summary = f"Number {number}: a rocket to the moon. Money and a startup, {number} founders."
    return json.dumps({"id": str(number), "summary": summary}) + "\n"


def test_repeated_texts_are_embedded_once(
    build_fake: BuildFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    encode = OnnxEncoder.encode_documents

    def note(encoder: OnnxEncoder, texts: Sequence[str]) -> Vectors:
        asked.extend(texts)
        return encode(encoder, texts)

    monkeypatch.setattr(OnnxEncoder, "encode_documents", note)
    build_fake([{**JAZZ, "id": str(n)} for n in range(3)])
    assert asked == [JAZZ["summary"]]
