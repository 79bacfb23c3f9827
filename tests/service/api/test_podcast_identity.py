"""Two shows of one title are two, by files, by addresses and in every answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from indexer.build import build
from indexer.encoder.artifact import Artifact
from service.app import create_app
from service.settings import Settings

GUID = "917393e3-1b1e-5cef-ace4-edaa54e1f810"
SELF = '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="{}"/>'
OF_A, OF_B = "Divers map coral reefs with sonar.", "Divers mend cables at the bottom of the sea."


def feed(channel: str, *items: tuple[str, str]) -> str:
    inner = "".join(
        f"<item><title>{title}</title><description>{text}</description></item>"
        for title, text in items
    )
    names = 'xmlns:podcast="https://podcastindex.org/namespace/1.0"'
    head = f"<title>Deep Water</title>{channel}"
    return f'<rss version="2.0" {names}><channel>{head}{inner}</channel></rss>'


@pytest.fixture(
    params=[
        ("<link>https://a.example/deep</link>", "<link>https://b.example</link>"),
        (f"<podcast:guid>{GUID}</podcast:guid>", "<link>https://b.example</link>"),
        (SELF.format("https://a.example/f"), SELF.format("https://b.example/f")),
    ],
    ids=["site", "guid", "address"],
)
def client(
    request: pytest.FixtureRequest, tmp_path: Path, root: Path, artifact: Artifact
) -> Iterator[TestClient]:
    """Of two episodes of the one show and one of the other."""
    one, other = request.param
    (tmp_path / "a.xml").write_text(feed(one, ("Reefs", OF_A), ("Wrecks", f"Old ships. {OF_A}")))
    (tmp_path / "b.xml").write_text(feed(other, ("Cables", OF_B)))
    build([tmp_path / "a.xml", tmp_path / "b.xml"], root, artifact)
    with TestClient(create_app(Settings(snapshots=root))) as client:
        yield client


def podcasts(client: TestClient) -> dict[str, dict[str, Any]]:
    """By the number of episodes."""
    answer = client.get("/podcasts").json()
    assert answer["total"] == len(answer["podcasts"]) == 2
    return {str(each["episodes"]): each for each in answer["podcasts"]}


def titles(client: TestClient, **asked: object) -> set[str]:
    hits = client.post("/search", json={"q": "divers", **asked}).json()["hits"]
    return {hit["episode"]["title"] for hit in hits}


def test_podcasts_lists_both(client: TestClient) -> None:
    two, one = podcasts(client)["2"], podcasts(client)["1"]
    assert {two["title"], one["title"]} == {"Deep Water"}
    assert two["id"] != one["id"]
    assert two["link"] != one["link"] or two["link"] is None


def test_an_id_names_one_and_the_title_both(client: TestClient) -> None:
    found = podcasts(client)
    assert titles(client, podcast=[found["2"]["id"]]) == {"Reefs", "Wrecks"}
    assert titles(client, podcast=[found["1"]["id"].upper()]) == {"Cables"}
    assert titles(client, podcast=["deep water"]) == {"Reefs", "Wrecks", "Cables"}
    assert client.get("/episodes", params={"podcast": found["1"]["id"]}).json()["total"] == 1


def test_a_group_is_one_podcast(client: TestClient) -> None:
    grouped = titles(client, group_by="podcast", per_group=1)
    assert [len(grouped), "Cables" in grouped] == [2, True]


def test_facets_count_each_with_its_id(client: TestClient) -> None:
    facets = client.post("/search", json={"q": "divers", "facets": "podcast"}).json()["facets"]
    ids = {each["id"]: each["episodes"] for each in podcasts(client).values()}
    assert {each["id"]: each["count"] for each in facets["podcast"]} == ids
    assert {each["value"] for each in facets["podcast"]} == {"Deep Water"}


def test_an_episode_says_the_id_of_its_podcast(client: TestClient) -> None:
    [cables] = client.get("/episodes", params={"podcast": podcasts(client)["1"]["id"]}).json()[
        "episodes"
    ]
    assert cables["podcast"]["id"] == podcasts(client)["1"]["id"]


def test_the_guid_is_the_id_where_there_is_one(tmp_path: Path, artifact: Artifact) -> None:
    (tmp_path / "a.xml").write_text(feed(f"<podcast:guid>{GUID}</podcast:guid>", ("Reefs", OF_A)))
    build([tmp_path / "a.xml"], tmp_path / "snapshots", artifact)
    with TestClient(create_app(Settings(snapshots=tmp_path / "snapshots"))) as client:
        [podcast] = client.get("/podcasts").json()["podcasts"]
    assert podcast["id"] == GUID
