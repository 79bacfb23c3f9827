"""The HTTP API, over a snapshot whose scores can be checked by hand."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from indexer.build import build
from indexer.encoder.artifact import Artifact
from indexer.snapshot import switch
from service.app import create_app
from service.settings import Settings
from tests.conftest import EPISODES, BuildFake

HEADLINE = "Jazz on guitar and piano"  # of EPISODES[1], which has no title


@pytest.fixture
def client(root: Path, build_fake: BuildFake) -> Iterator[TestClient]:
    build_fake()
    with TestClient(create_app(Settings(snapshots=root, refresh_interval=0.05))) as client:
        yield client


def ids(answer: dict[str, list[dict[str, dict[str, str]]]]) -> list[str]:
    return [hit["episode"]["id"] for hit in answer["hits"]]


def test_a_question_ranks_its_episode_first(client: TestClient) -> None:
    answer = client.get("/search", params={"q": "jazz guitar", "k": 2, "mode": "dense"}).json()

    assert answer["query"] == "jazz guitar"
    assert answer["snapshot"] == client.get("/readyz").json()["snapshot"]
    assert answer["took_ms"] > 0
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2]
    assert answer["hits"][0]["episode"] == {**EPISODES[1], "headline": HEADLINE}
    # "Jazz on guitar and piano." has jazz, guitar and piano once each, and two other words.
    assert answer["hits"][0]["scores"]["dense"] == pytest.approx(2 / 2**0.5 / 7**0.5, abs=5e-4)


def test_post_and_get_give_the_same_answer(client: TestClient) -> None:
    got = client.get("/search", params={"q": "history of rome", "k": 3, "offset": 1}).json()
    posted = client.post("/search", json={"q": "history of rome", "k": 3, "offset": 1}).json()

    assert posted["hits"] == got["hits"]
    assert [hit["rank"] for hit in got["hits"]] == [2, 3, 4]


def test_pages_do_not_overlap_and_end(client: TestClient) -> None:
    pages = [
        ids(client.get("/search", params={"q": "seeds", "k": 2, "offset": offset}).json())
        for offset in (0, 2, 4)
    ]

    assert sorted(pages[0] + pages[1]) == ["jazz", "rome", "soil", "streams"]
    assert pages[2] == []


def test_every_route_that_lists_episodes_has_filters(client: TestClient) -> None:
    said = {"podcast": "SOUNDS"}
    searched = client.get("/search", params={"q": "history", **said}).json()
    posted = client.post("/search", json={"q": "history", "podcast": ["Sounds"]}).json()
    browsed = client.get("/episodes", params=said).json()

    assert ids(searched) == ids(posted) == ["jazz"]
    assert [episode["id"] for episode in browsed["episodes"]] == ["jazz"]
    assert (browsed["total"], browsed["next"]) == (1, None)
    assert ids(client.get("/episodes/rome/similar", params=said).json()) == ["jazz"]
    assert ids(client.get("/search?q=history&person=mary&person=nobody").json()) == ["rome"]
    assert ids(client.get("/search?q=history&person=nobody").json()) == []


def test_facets_are_returned_if_requested(client: TestClient) -> None:
    facets = {
        "podcast": [{"value": "Sounds", "count": 1, "id": "Sounds"}],
        "person": [{"value": "Mary", "count": 1}],
    }
    for path in ("/search?q=history&", "/episodes?"):
        assert client.get(f"{path}facets=podcast,person").json()["facets"] == facets
        assert client.get(f"{path}facets=podcast&facets=person").json()["facets"] == facets
        assert "facets" not in client.get(path).json()
    body = {"q": "history", "facets": ["podcast", "person"]}
    assert client.post("/search", json=body).json()["facets"] == facets


def test_episodes_are_listed_page_by_page(client: TestClient) -> None:
    first = client.get("/episodes?limit=3").json()
    rest = client.get("/episodes", params={"limit": 3, "cursor": first["next"]}).json()

    found = [episode["id"] for page in (first, rest) for episode in page["episodes"]]
    assert sorted(found) == ["jazz", "rome", "soil", "streams"]
    assert rest["next"] is None


def test_podcasts_are_listed(client: TestClient) -> None:
    listed = client.get("/podcasts").json()

    assert listed["total"] == 1
    undescribed = {"latest": None, "link": None, "image": None}
    assert listed["podcasts"] == [{"id": "Sounds", "title": "Sounds", "episodes": 1, **undescribed}]


def test_an_episode_is_returned_as_it_is_in_the_corpus_with_a_headline(client: TestClient) -> None:
    assert client.get("/episodes/jazz").json() == {**EPISODES[1], "headline": HEADLINE}
    assert client.get("/episodes/streams").json() == EPISODES[0]  # it has a title


def test_similar_never_returns_the_episode_itself(client: TestClient) -> None:
    answer = client.get("/episodes/rome/similar", params={"k": 10}).json()

    assert answer["episode"] == "rome"
    assert sorted(ids(answer)) == ["jazz", "soil", "streams"]


def test_similar_to_liked_and_dissimilar_to_unliked_gives_reasons(client: TestClient) -> None:
    asked = {"like": ["rome", "a guitar"], "unlike": ["soil"], "exclude": ["streams"]}

    answer = client.post("/similar", json=asked).json()

    assert answer["like"] == ["rome", "a guitar"]
    assert answer["unlike"] == ["soil"]
    assert ids(answer) == ["jazz"]
    (hit,) = answer["hits"]
    assert hit["because"] == {"liked": "a guitar", "this": "Jazz on guitar and piano."}
    assert hit["highlight"]["text"] == "Jazz on guitar and piano."
    assert (hit["same_series"], hit["duplicate_of"]) == (False, None)


def test_get_and_post_of_similar_give_the_same_hits(client: TestClient) -> None:
    got = client.get("/episodes/rome/similar?k=2&podcast=Sounds&diversity=0.5").json()
    asked = {"like": ["rome"], "k": 2, "podcast": "Sounds", "diversity": 0.5}

    assert got["hits"] == client.post("/similar", json=asked).json()["hits"]
    assert ids(got) == ["jazz"]


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({}, 422, "like in the body: field required"),
        ({"like": []}, 422, "at least 1 item"),
        ({"like": ["  "]}, 422, "like.0 in the body"),
        ({"like": ["rome"] * 21}, 422, "at most 20 items"),
        ({"like": ["rome"], "unlike": ["rome"]}, 409, "'rome' is in both like and unlike"),
        ({"like": ["rome"], "diversity": 2}, 422, "diversity in the body"),
        ({"like": ["rome"], "only": "all"}, 422, "only in the body"),
        ({"like": ["ec59e1db6c4a9e83"]}, 404, "'ec59e1db6c4a9e83'"),
        ({"like": ["rome"], "exclude": ["nobody"]}, 404, "'nobody'"),
    ],
    ids=str,
)
def test_a_bad_request_for_similar_gets_a_sentence(
    client: TestClient, asked: dict[str, object], status: int, said: str
) -> None:
    answer = client.post("/similar", json=asked)

    assert answer.status_code == status
    assert said in answer.json()["detail"]


def test_ids_may_contain_slashes_and_spaces(root: Path, build_fake: BuildFake) -> None:
    build_fake([{"id": "a/b c?#é", "summary": "Jazz."}, {"id": "plain", "summary": "Guitar."}])
    with TestClient(create_app(Settings(snapshots=root))) as client:
        path = "/episodes/a%2Fb%20c%3F%23%C3%A9"
        assert client.get(path).json()["id"] == "a/b c?#é"
        assert ids(client.get(f"{path}/similar").json()) == ["plain"]


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/search", 422, "q in the query: field required"),
        ("/search?q=%20%20", 422, "empty"),
        ("/search?q=", 422, "q in the query"),
        ("/search?q=" + "a" * 4_001, 422, "at most 4000 characters"),
        ("/search?q=jazz&k=0", 422, "k in the query"),
        ("/search?q=jazz&k=101", 422, "less than or equal to 100"),
        ("/search?q=jazz&offset=-1", 422, "offset in the query"),
        ("/search?q=jazz&persons=Mary", 422, "persons in the query"),
        ("/search?q=jazz&published_after=2024-13-01", 422, "'2024-13-01' is not a date; write"),
        (
            "/episodes?published_before=soon",
            422,
            "published_before in the query: 'soon' is not a date",
        ),
        ("/search?q=jazz&min_duration_s=-1", 422, "min_duration_s in the query"),
        ("/search?q=jazz&max_duration_s=nan", 422, "max_duration_s in the query"),
        ("/search?q=jazz&explicit=perhaps", 422, "explicit in the query"),
        ("/search?q=jazz&facets=podcast,mood", 422, "facets.1 in the query"),
        ("/search?q=jazz&sort=size", 422, "sort in the query"),
        ("/search?q=jazz&recency=2", 422, "recency in the query"),
        ("/search?q=jazz&group_by=person", 422, "group_by in the query"),
        ("/search?q=jazz&k=1&k=2", 422, "k in the query"),
        ("/search?q=jazz&" + "&".join(["tag=a"] * 101), 422, "tag in the query"),
        ("/episodes?cursor=nonsense", 404, "leave it out to begin again"),
        ("/episodes?limit=0", 422, "limit in the query"),
        ("/podcasts?sort=size", 422, "sort in the query"),
        ("/episodes/nobody", 404, "'nobody'"),
        ("/episodes/nobody/similar", 404, "'nobody'"),
        ("/nothing", 404, "Not Found"),
    ],
)
def test_bad_input_gets_a_sentence(client: TestClient, path: str, status: int, said: str) -> None:
    response = client.get(path)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert said in problem["detail"]


@pytest.mark.parametrize("body", ["", "{", "[]", '{"q": 5}', '{"q": "a", "qq": 1}', '"\\ud800"'])
def test_a_bad_body_gets_a_sentence(client: TestClient, body: str) -> None:
    response = client.post("/search", content=body, headers={"content-type": "application/json"})

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "question",
    ["\x00", "\udc80".encode("utf-8", "replace").decode(), "¿?", "🎷", "東京", "a" * 5000],
)
def test_odd_questions_get_an_answer(client: TestClient, question: str) -> None:
    assert client.post("/search", json={"q": question}).status_code == 200


def test_a_lone_surrogate_in_a_question_gets_an_answer(client: TestClient) -> None:
    response = client.post(
        "/search", content=rb'{"q": "jazz \ud800"}', headers={"content-type": "application/json"}
    )

    assert response.status_code < 500


def test_the_first_published_snapshot_is_opened_by_a_running_service(
    root: Path, build_fake: BuildFake
) -> None:
    with TestClient(create_app(Settings(snapshots=root, refresh_interval=0.02))) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        for path in ("/readyz", "/search?q=jazz", "/snapshot", "/episodes/jazz"):
            response = client.get(path)
            assert response.status_code == 503
            assert response.headers["retry-after"] == "1"
            assert "episode-search index" in response.json()["detail"]

        build_fake()
        wait_until_ready(client)
        assert ids(client.get("/search?q=jazz&k=1").json()) == ["jazz"]


def test_a_new_snapshot_replaces_the_old_one(client: TestClient, build_fake: BuildFake) -> None:
    build_fake([*EPISODES, {"id": "moon", "summary": "A rocket to the moon."}])

    deadline = time.monotonic() + 10
    while client.get("/episodes/moon").status_code == 404 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert ids(client.get("/search?q=rocket&k=1").json()) == ["moon"]


def test_a_damaged_snapshot_is_refused_and_the_old_one_still_answers(
    client: TestClient, root: Path, build_fake: BuildFake
) -> None:
    before = client.get("/readyz").json()["snapshot"]
    after = build_fake(EPISODES[:2]).manifest.snapshot_id
    serve(client, after)
    switch(root, before)
    serve(client, before)
    (root / after / "episodes.jsonl").write_text("damaged")
    switch(root, after)

    deadline = time.monotonic() + 10
    while not client.get("/readyz").json()["problem"] and time.monotonic() < deadline:
        time.sleep(0.02)
    readiness = client.get("/readyz").json()
    assert readiness["snapshot"] == before
    assert "episodes.jsonl" in readiness["problem"]
    assert len(ids(client.get("/search?q=jazz").json())) == 4


def test_the_snapshot_route_shows_the_manifest_without_paths(
    client: TestClient, root: Path
) -> None:
    served = client.get("/snapshot").json()

    assert served["corpus"]["episodes"] == 4
    assert served["encoder"]["model"] == "bag-of-words"
    assert str(root.parent) not in json.dumps(served)


def test_only_the_name_of_a_local_model_is_shown(
    tmp_path: Path, root: Path, artifact: Artifact
) -> None:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text('{"summary": "Jazz on guitar."}')
    record = artifact.record.called(str(tmp_path / "models" / "mine"), None)
    build([corpus], root, Artifact(artifact.directory, record))
    with TestClient(create_app(Settings(snapshots=root))) as client:
        served = client.get("/snapshot").json()
    assert served["encoder"]["model"] == "mine"
    assert str(tmp_path) not in json.dumps(served)


def test_the_openapi_document_has_every_route_and_error(client: TestClient) -> None:
    description = client.get("/openapi.json").json()

    assert {"/search", "/episodes/{episode_id}", "/episodes/{episode_id}/similar"} <= set(
        description["paths"]
    )
    assert {"/episodes", "/podcasts"} <= set(description["paths"])
    told = {each["name"] for each in description["paths"]["/search"]["get"]["parameters"]}
    assert {"q", "k", "podcast", "published_after", "facets", "group_by"} <= told
    errors = description["paths"]["/search"]["get"]["responses"]["422"]["content"]
    assert errors["application/problem+json"]["schema"]["title"] == "Problem"


def serve(client: TestClient, snapshot_id: str) -> None:
    deadline = time.monotonic() + 10
    while client.get("/readyz").json()["snapshot"] != snapshot_id:
        assert time.monotonic() < deadline, f"{snapshot_id} was not picked up"
        time.sleep(0.02)


def wait_until_ready(client: TestClient) -> None:
    deadline = time.monotonic() + 10
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline, "no snapshot was picked up"
        time.sleep(0.02)
