"""Moments of transcripts, and the transcript itself, from files beside a corpus."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from indexer.build import BuildOptions, build
from indexer.corpus.companions import Companions
from indexer.encoder.artifact import Artifact
from indexer.index.vectors.vector_index import VectorIndex
from indexer.snapshot import TRANSCRIPTS, current_name, read_manifest
from indexer.snapshot.layout import said_search_files, vector_files
from indexer.snapshot.snapshot import open_indexes
from service.app import create_app
from service.settings import Settings
from tests.fakes import DIMENSION

VTT = """WEBVTT

00:05.000 --> 00:20.000
<v Ana>{garden}

01:00.000 --> 01:20.000
<v Bo>{space}

02:00.000 --> 02:10.000
<v Ana>The end of it all.
"""
TALK = VTT.format(
    garden="We put seeds into the soil of the garden every spring. " * 7,
    space="A rocket to the moon needs space and money and time. " * 8,
)
RECORDS: list[dict[str, Any]] = [
    {"id": "said", "title": "Monday", "summary": "A talk with friends.", "transcript": "a.vtt"},
    {"id": "plain", "title": "Tuesday", "summary": "A talk about jazz.", "duration_s": 130},
    {
        "id": "shifted",
        "title": "Wednesday",
        "summary": "(0:30) Jazz\n(0:50) Kafka, and a talk.",
        "transcript": "a.vtt",
        "duration_s": 600,
    },
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, artifact: Artifact) -> Path:
    directory = tmp_path_factory.mktemp("said")
    (directory / "a.vtt").write_text(TALK)
    corpus = directory / "corpus.jsonl"
    corpus.write_text("\n".join(map(json.dumps, RECORDS)))
    root = directory / "snapshots"
    build([corpus], root, artifact, BuildOptions(companions=Companions(root / TRANSCRIPTS)))
    return root


@pytest.fixture
def client(root: Path) -> Any:
    with TestClient(create_app(Settings(snapshots=root))) as client:
        yield client


def moments(client: TestClient, episode: str, question: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(
        f"/episodes/{episode}/moments", params={"q": question}
    ).json()["moments"]
    return found


def test_the_passage_that_answers_is_a_moment(client: TestClient) -> None:
    first = moments(client, "said", "rocket to the moon")[0]
    assert (first["start_s"], first["source"], first["speaker"]) == (60, "transcript", "Bo")
    assert first["text"].startswith("A rocket to the moon")
    assert first["matches"][0] == [2, 8]
    assert first["approximate"] is False
    assert moments(client, "said", "seeds in soil")[0]["start_s"] == 5


def test_times_are_approximate_where_the_audio_has_another_length(client: TestClient) -> None:
    found = moments(client, "shifted", "rocket to the moon")
    assert next(each["approximate"] for each in found if each["source"] == "transcript")


def test_hits_have_moments_of_notes_and_transcripts(client: TestClient) -> None:
    hits = client.get("/search", params={"q": "talk about a rocket"}).json()["hits"]
    found = {hit["episode"]["id"]: hit["moments"] for hit in hits}
    assert found["said"][0]["source"] == "transcript"
    assert found["plain"] == []
    assert {each["source"] for each in found["shifted"]} <= {"notes", "transcript"}


def test_a_transcript_can_be_read(client: TestClient) -> None:
    passages = client.get("/episodes/said/transcript").json()["passages"]
    assert [(each["start_s"], each["speaker"]) for each in passages][:2] == [(5, "Ana"), (60, "Bo")]
    assert client.get("/episodes/plain/transcript").json()["passages"] == []
    assert client.get("/episodes/nobody/transcript").status_code == 404


def scores(client: TestClient, question: str, **asked: Any) -> dict[str, float]:
    hits = client.get("/search", params={"q": question, **asked}).json()["hits"]
    return {hit["episode"]["id"]: hit["score"] for hit in hits}


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_an_episode_is_found_by_what_is_said(client: TestClient, mode: str) -> None:
    asked = {"q": "rocket to the moon", "mode": mode}
    found = client.get("/search", params=asked).json()["hits"]
    assert {hit["episode"]["id"] for hit in found[:2]} == {"said", "shifted"}
    for hit in found[:2]:
        assert hit["moments"][0]["text"].startswith("A rocket to the moon")
        assert hit["moments"][0]["start_s"] == 60
        assert hit["scores"]["lexical"] > 0


def test_what_is_said_is_searched_under_filters(client: TestClient) -> None:
    assert [*scores(client, "rocket to the moon", has="chapters")] == ["shifted"]
    assert "plain" in scores(client, "rocket to the moon", max_duration_s=300)
    assert "shifted" not in scores(client, "rocket to the moon", max_duration_s=300)


def test_an_episode_ranks_no_lower_for_its_transcript(
    client: TestClient, tmp_path: Path, artifact: Artifact
) -> None:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("\n".join(map(json.dumps, RECORDS)))
    build([corpus], tmp_path / "without", artifact)
    with TestClient(create_app(Settings(snapshots=tmp_path / "without"))) as without:
        assert moments(without, "said", "rocket") == []
        for question in ("jazz", "a talk with friends", "rocket to the moon"):
            here, there = scores(client, question), scores(without, question)
            assert here["plain"] == there["plain"]
            assert all(here[each] >= there[each] for each in there)


def test_transcripts_of_an_earlier_snapshot_have_moments_but_find_nothing(
    root: Path, tmp_path: Path
) -> None:
    directory = shutil.copytree(root / current_name(root), tmp_path / "earlier")
    shutil.rmtree(said_search_files(directory).words)
    manifest = read_manifest(directory)
    dense = VectorIndex.open(vector_files(directory), DIMENSION, manifest.index)
    indexes = open_indexes(directory, manifest.lexical, dense, DIMENSION)
    assert indexes.said
    assert indexes.said.passages(0) != []
    assert indexes.said_search is None


def test_nothing_is_embedded_again_by_the_next_build(root: Path, artifact: Artifact) -> None:
    [corpus] = root.parent.glob("*.jsonl")
    options = BuildOptions(companions=Companions(root / TRANSCRIPTS), reread=True)
    corpus.write_text(corpus.read_text() + "\n" + json.dumps({"id": "new", "summary": "Rome."}))
    outcome = build([corpus], root, artifact, options)
    assert outcome.embedded <= 2
    assert outcome.manifest.files["said.bin"].bytes > 100
