import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.__main__ import main
from indexer.encoder.artifact import Artifact
from indexer.errors import ModelNotFound
from indexer.snapshot import Snapshot, building, current_name
from indexer.storage.episode_store import Changes
from tests.conftest import EPISODES, REPOSITORY, BuildFake
from tests.indexer.snapshot.test_snapshot import CHANGED, answer, leftovers

Indexer = Callable[..., tuple[int, str, str]]


@pytest.fixture
def indexer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], artifact: Artifact
) -> Indexer:
    """Runs the command line with the fake encoder; returns exit code, stdout and stderr."""
    monkeypatch.setattr("indexer.commands.publishing.resolve_model", lambda *_: None)
    monkeypatch.setattr("indexer.commands.publishing.prepare", lambda *_: artifact)

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Four good records, and a bad one on the second line."""
    lines = [json.dumps(episode) for episode in EPISODES]
    file = tmp_path / "episodes.jsonl"
    file.write_text("\n".join([lines[0], "{", *lines[1:]]))
    return file


def test_a_build_prints_what_it_did(indexer: Indexer, corpus: Path, root: Path) -> None:
    code, out, err = indexer("build", "--corpus", corpus, "--out", root)
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()[:4]] == [
        ["read", "4"],
        ["skipped", "1"],
        ["merged", "0"],
        ["episodes", "4"],
    ]
    assert str(root / current_name(root)) in out
    assert err.startswith(f"skipped: {corpus}:2: is not JSON")


def test_a_build_of_the_same_corpus_says_that_nothing_has_changed(
    indexer: Indexer, corpus: Path, root: Path
) -> None:
    indexer("build", "--corpus", corpus, "--out", root)
    code, out, _ = indexer("build", "--corpus", corpus, "--out", root)
    assert code == 0
    assert "nothing has changed" in out


def test_an_omitted_field_is_printed_as_a_note(
    indexer: Indexer, tmp_path: Path, root: Path
) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"summary": "Jazz", "published_at": "soon"}')
    code, out, err = indexer("build", "--corpus", file, "--out", root)
    assert (code, "skipped    0" in out) == (0, True)
    assert err.startswith(f"note: {file}:1: the field 'published_at' is 'soon'")


def test_of_many_rejections_the_first_are_printed_and_all_are_counted(
    indexer: Indexer, tmp_path: Path, root: Path
) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("[]\n" * 500 + '{"summary": "Jazz"}')
    _, out, err = indexer("build", "--corpus", file, "--out", root)
    assert "skipped    500" in out
    assert len(err.splitlines()) < 50


def test_strict_stops_at_the_first_bad_record_and_names_its_location(
    indexer: Indexer, corpus: Path, root: Path
) -> None:
    code, out, err = indexer("build", "--corpus", corpus, "--out", root, "--strict")
    assert (code, out) == (1, "")
    assert err.startswith(f"error: {corpus}:2: is not JSON")
    assert not (root / "CURRENT").exists()


def test_an_error_that_a_user_can_fix_is_one_line(
    indexer: Indexer, corpus: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = indexer("build", "--corpus", "missing.csv", "--out", root)
    with building(root):
        busy = indexer("build", "--corpus", corpus, "--out", root)
    no_directory = indexer("build", "--corpus", corpus, "--out", corpus)

    def unknown(*_: object) -> None:
        raise ModelNotFound("the model is nowhere")

    monkeypatch.setattr("indexer.commands.publishing.resolve_model", unknown)
    no_model = indexer("build", "--corpus", corpus, "--out", root, "--model", "nowhere")
    nothing = indexer("verify", "--out", root)
    for code, out, err in (missing, busy, no_directory, no_model, nothing):
        assert (code, out, len(err.splitlines())) == (1, "", 1)
        assert err.startswith("error: ")


@pytest.mark.parametrize("most_bytes", [0, 200, 500, 2000, 4000])
def test_a_full_disk_is_reported_in_one_line(
    indexer: Indexer, corpus: Path, root: Path, most_bytes: int
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        code, _, err = indexer("build", "--corpus", corpus, "--out", root)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert code == 1
    assert err.splitlines()[-1].startswith("error: ")
    assert "the snapshot in force is unchanged" in err
    assert not (root / "CURRENT").exists()
    assert leftovers(root) == []


def test_a_build_prunes_all_but_as_many_snapshots_as_asked(
    indexer: Indexer, corpus: Path, root: Path, build_fake: BuildFake
) -> None:
    name = build_fake().manifest.snapshot_id
    for year in (2001, 2002):
        shutil.copytree(root / name, root / f"{year}0101T000000Z-0123456789abcdef")
    indexer("build", "--corpus", corpus, "--out", root, "--keep", 2)
    assert len(list(root.glob("*/manifest.json"))) == 2
    assert not (root / "20010101T000000Z-0123456789abcdef").exists()


def test_verify_names_the_damaged_file(indexer: Indexer, corpus: Path, root: Path) -> None:
    indexer("build", "--corpus", corpus, "--out", root)
    assert indexer("verify", "--out", root)[0] == 0
    snapshot = Snapshot.current(root)
    file = root / snapshot.id / next(iter(snapshot.manifest.files))
    file.unlink()
    code, _, err = indexer("verify", "--out", root)
    assert (code, str(file) in err) == (1, True)


@pytest.mark.parametrize(
    ("event", "part"),
    [
        pytest.param("open", "episodes", id="while it reads"),
        pytest.param("encode", "", id="while it embeds"),
        pytest.param("os.link", "encoder", id="while it links the encoder"),
        pytest.param("open", "manifest.json', 'w", id="before the manifest"),
        pytest.param("os.rename", "", id="before it is renamed into place"),
        pytest.param("os.rename", "CURRENT", id="before the switch"),
    ],
)
def test_after_a_killed_build_the_old_snapshot_answers_and_the_next_build_cleans_up(
    build_fake: BuildFake, tmp_path: Path, root: Path, event: str, part: str
) -> None:
    old = build_fake().manifest.snapshot_id
    changed = tmp_path / "changed.jsonl"
    changed.write_text("\n".join(map(json.dumps, CHANGED)))
    with subprocess.Popen(
        [sys.executable, "-m", "tests.slow_build", changed, root, event, part],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"stalled\n"
        process.kill()

    assert current_name(root) == old
    assert answer(root) == "jazz"
    assert build_fake(CHANGED).changes == Changes(new=1, changed=0, removed=0, unchanged=4)
    assert answer(root, "rocket moon") == "moon"
    assert leftovers(root) == []


def test_the_stemmer_is_that_of_the_most_frequent_language(build_fake: BuildFake) -> None:
    german = [{"id": str(n), "summary": "Häuser und Gärten", "language": "de-AT"} for n in range(2)]
    english = [{"id": "e", "summary": "Houses and gardens", "language": "en"}]

    assert build_fake([*german, *english]).manifest.lexical.language == "german"
    assert build_fake(english).manifest.lexical.language == "english"
    assert build_fake([{"summary": "Nobody says."}]).manifest.lexical.language == "english"


def test_a_snapshot_of_an_earlier_format_is_rebuilt(
    indexer: Indexer,
    corpus: Path,
    root: Path,
) -> None:
    """Its manifest still names the corpus."""
    shutil.copytree(REPOSITORY / "tests/snapshots/format-1", root)
    manifest = root / current_name(root) / "manifest.json"
    manifest.write_text(manifest.read_text().replace("corpus.jsonl", str(corpus)))

    assert indexer("reindex", "--out", root)[0] == 0
    assert len(Snapshot.current(root).episodes) == len(EPISODES)


def test_a_rebuild_keeps_the_wanted_recall_unless_another_is_given(
    indexer: Indexer, corpus: Path, root: Path
) -> None:
    indexer("build", "--corpus", corpus, "--out", root, "--recall", 0.9)
    assert "recall@10 1.000, wanted 0.9\n" in indexer("reindex", "--out", root)[1]
    out = indexer("reindex", "--out", root, "--recall", 0.95)[1]
    assert "recall@10 1.000, wanted 0.95\n" in out
    assert Snapshot.current(root).manifest.wanted_recall == 0.95


@pytest.mark.parametrize("recall", ["0", "1.1", "98%"])
def test_a_recall_outside_0_to_1_is_refused(
    indexer: Indexer, capsys: pytest.CaptureFixture[str], recall: str
) -> None:
    with pytest.raises(SystemExit):
        indexer("reindex", "--out", "nowhere", "--recall", recall)
    assert f"argument --recall: {recall} is out of range" in capsys.readouterr().err


def test_a_change_of_model_is_printed(
    indexer: Indexer,
    corpus: Path,
    root: Path,
    artifact: Artifact,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    indexer("build", "--corpus", corpus, "--out", root)
    record = artifact.record.model_copy(update={"fingerprint": "f" * 16, "model": "another"})
    other = Artifact(artifact.directory, record)
    monkeypatch.setattr("indexer.commands.publishing.prepare", lambda *_: other)
    assert "model      another" in indexer("build", "--corpus", corpus, "--out", root)[1]


def test_a_refused_snapshot_can_be_compared_and_put_in_force(
    indexer: Indexer, corpus: Path, root: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"id": "other", "summary": "A rocket to the moon."}')
    indexer("build", "--corpus", corpus, "--out", root)
    old = current_name(root)
    code, _, err = indexer("build", "--corpus", other, "--out", root, "--max-churn", 0.5)
    assert (code, current_name(root), len(err.splitlines())) == (1, old, 1)
    assert "4 lost" in indexer("diff", "--out", root)[1]
    indexer("build", "--corpus", other, "--out", root)
    code, out, _ = indexer("rollback", "--out", root)
    assert (code, out, current_name(root)) == (0, f"in force   {root / old}\n", old)
