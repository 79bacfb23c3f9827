"""A subscription list is indexed by the command of `make index` and answers over HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from indexer.__main__ import main
from indexer.encoder.artifact import Artifact
from indexer.episode import feed_guid
from indexer.snapshot import Snapshot
from service.app import create_app
from service.settings import Settings
from tests.conftest import REPOSITORY

SUBSCRIPTIONS = REPOSITORY / "tests" / "feeds" / "subscriptions.opml"
JAZZ = "sounds.example/2026/jazz"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, artifact: Artifact) -> Path:
    root = tmp_path_factory.mktemp("subscriptions")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("indexer.commands.publishing.resolve_model", lambda *_: None)
        patch.setattr("indexer.commands.publishing.prepare", lambda *_: artifact)
        assert main(["build", "--corpus", str(SUBSCRIPTIONS), "--out", str(root)]) == 0
    return root


@pytest.fixture(scope="module")
def client(published: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(snapshots=published))) as client:
        yield client


def ask(client: TestClient, question: str, **asked: object) -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/search", json={"q": question, **asked}).json()
    return answer


def ids(answer: dict[str, Any]) -> list[str]:
    return [hit["episode"]["id"] for hit in answer["hits"]]


def test_a_feed_that_is_gone_is_reported_and_the_others_are_read(published: Path) -> None:
    corpus = Snapshot.current(published).manifest.corpus
    assert [corpus.episodes, corpus.merged, corpus.skipped] == [4, 1, 1]
    assert corpus.first_skipped[0].place.endswith("gone.xml")
    assert [corpus.languages, corpus.languages_detected] == [{"en": 3, "de": 1}, {"de": 1}]


def test_an_episode_of_two_feeds_is_one_hit_with_both_sources(client: TestClient) -> None:
    answer = ask(client, "jazz guitar", k=10)
    assert [ids(answer)[0], len(answer["hits"])] == [JAZZ, 4]
    jazz = answer["hits"][0]["episode"]
    assert jazz == client.get("/episodes/https://network.example/shows/417").json()
    assert jazz["also_in"] == [
        {
            "id": "https://network.example/shows/417",
            "podcast": "The Network",
            "podcast_id": feed_guid("https://network.example"),
            "guid": "https://network.example/shows/417",
            "link": "https://network.example/shows/417",
            "audio_url": "https://network.example/417.mp3",
        }
    ]


def test_a_hit_has_the_fields_of_its_feed(client: TestClient) -> None:
    jazz = client.get(f"/episodes/{JAZZ}").json()
    assert jazz["podcast"] == {
        "title": "Sounds",
        "link": "https://sounds.example",
        "image": "https://sounds.example/cover.jpg",
        "author": "Radio Ann",
        "guid": "917393e3-1b1e-5cef-ace4-edaa54e1f810",
        "language": "en-GB",
        "id": "917393e3-1b1e-5cef-ace4-edaa54e1f810",
    }
    assert [jazz["hosts"], jazz["guests"], jazz["explicit"]] == [["Ann Ode"], ["Mary Moss"], False]
    assert [jazz["published_at"], jazz["duration_s"]] == ["2026-01-31T08:00:00Z", 2700.0]
    assert jazz["transcript_url"] == "https://sounds.example/jazz.vtt"


def test_a_malformed_feed_in_another_language_gives_the_same_fields(client: TestClient) -> None:
    (hit,) = ask(client, "Boden Winter", mode="lexical")["hits"]
    boden = hit["episode"]
    assert [boden["podcast"]["title"], boden["language"]] == ["Boden & Samen", "de"]
    assert [boden["guests"], boden["duration_s"]] == [["Ida Humus", "Otto Wurm"], 1800.0]


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"podcast": ["Sounds"]}, {JAZZ, "sounds.example/2025/moon"}),
        ({"podcast": ["The Network"]}, {JAZZ, "https://network.example/shows/416"}),
        ({"person": ["Mary Moss"]}, {JAZZ, "https://network.example/shows/416"}),
        ({"person": ["Otto Wurm"]}, {"boden.example/folge/12"}),
        ({"language": ["de"]}, {"boden.example/folge/12"}),
        ({"published_before": "2026-01-01"}, {"sounds.example/2025/moon"}),
        ({"explicit": True}, {"sounds.example/2025/moon"}),
        ({"tag": ["money", "jazz"], "max_duration_s": 3000}, {JAZZ}),
    ],
)
def test_answers_are_filtered_by_fields_of_the_feeds(
    client: TestClient, filters: dict[str, object], left: set[str]
) -> None:
    assert set(ids(ask(client, "jazz or money", **filters))) == left


def test_answers_are_counted_by_fields_of_the_feeds(client: TestClient) -> None:
    facets = ask(client, "jazz", facets="podcast,year,person")["facets"]
    assert {counted["value"]: counted["count"] for counted in facets["podcast"]} == {
        "Sounds": 2,
        "The Network": 2,
        "Boden & Samen": 1,
    }
    assert {"value": "Mary Moss", "count": 2} in facets["person"]
    assert [counted["value"] for counted in facets["year"]] == ["2026", "2025"]


def test_an_episode_of_two_podcasts_is_grouped_under_the_first(
    client: TestClient,
) -> None:
    grouped = ids(ask(client, "jazz guitar", group_by="podcast"))
    assert [grouped[0], len(grouped)] == [JAZZ, 3]
    assert "https://network.example/shows/416" in grouped
