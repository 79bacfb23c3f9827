"""Where an episode without a title is shown, over real HTTP and by the command."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import anyio
import pytest
from mcp.client.client import Client as Agent

from indexer.build import build
from indexer.encoder.artifact import Artifact
from service.client import Client
from service.client.results import facts
from tests.conftest import REPOSITORY
from tests.test_server import Server, serving

EPISODES = (
    {"id": "untitled", "summary": "In this episode, Ann Doe explains how jazz met rome."},
    {"id": "titled", "title": "Seeds", "summary": "In this episode we dig the garden soil."},
    {"id": "given", "headline": "Of moons", "summary": "A rocket flies to the moon."},
)
HEADLINE = "Ann Doe on how jazz met rome"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, artifact: Artifact) -> Path:
    directory = tmp_path_factory.mktemp("headlines")
    corpus = directory / "corpus.jsonl"
    corpus.write_text("".join(json.dumps(each) + "\n" for each in EPISODES))
    build([corpus], directory / "snapshots", artifact)
    return directory / "snapshots"


@pytest.fixture(scope="module")
def server(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log"
    with serving(root, log, "--workers=1", "--mcp=true") as server:
        yield server


def test_answers_episodes_and_the_map_have_it_and_no_title(server: Server) -> None:
    found = server.client.get("/search", params={"q": "jazz rome"}).json()["hits"][0]["episode"]
    assert found == server.client.get("/episodes/untitled").json()
    assert found["headline"] == HEADLINE
    assert "title" not in found
    drawn = server.client.get("/map").json()
    shown = dict(zip(drawn["ids"], drawn["titles"], strict=True))
    assert shown == {"untitled": HEADLINE, "titled": "Seeds", "given": "Of moons"}


def test_a_title_needs_none_and_one_that_is_given_is_kept(server: Server) -> None:
    assert "headline" not in server.client.get("/episodes/titled").json()
    assert server.client.get("/episodes/given").json()["headline"] == "Of moons"


def test_it_is_no_title_that_is_completed(server: Server) -> None:
    assert server.client.get("/suggest", params={"q": "ann"}).json()["suggestions"] == []


def test_the_feed_names_the_item_by_it(server: Server) -> None:
    feed = server.client.get("/search.rss", params={"q": "jazz rome", "min_relevance": 0}).content
    titles = [item.findtext("title") for item in ElementTree.fromstring(feed).iter("item")]
    assert HEADLINE in titles
    assert "Seeds" in titles


def test_the_schema_says_what_it_is(server: Server) -> None:
    schemas = server.client.get("/openapi.json").json()["components"]["schemas"]
    assert "no title" in schemas["EpisodeBody"]["properties"]["headline"]["description"]


def test_the_client_shows_and_quotes_it(server: Server) -> None:
    with Client(str(server.client.base_url)) as client:
        answer = client.search("jazz rome", k=1)
    assert HEADLINE in answer._repr_html_()
    assert facts(answer.hits[0])["headline"] == HEADLINE
    assert "title" not in facts(answer.hits[0])


def test_the_command_prints_it(root: Path) -> None:
    program = "from service.cli import main; main()"
    found = subprocess.run(
        [sys.executable, "-c", program, "episodes", "--snapshots", str(root)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert HEADLINE in " ".join(found.stdout.split())


def test_an_agent_is_told_that_it_is_no_title(server: Server) -> None:
    async def ask() -> None:
        async with Agent(f"{server.client.base_url}/mcp") as agent:
            result = await agent.call_tool("search_episodes", {"question": "jazz rome"})
            (first, *_) = result.structured_content["episodes"]
            assert (first["title"], first["headline"]) == (None, HEADLINE)

    anyio.run(ask)
