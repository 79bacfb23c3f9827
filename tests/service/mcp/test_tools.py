"""What tools are called, say of themselves and select, by the SDK's client within this process."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client.client import Client
from mcp_types import Tool

from indexer.build import build
from indexer.encoder.artifact import Artifact
from service.api.schemas.requests import FilterFields
from service.cli.answers import LOCAL_URL, local_transport
from service.client import AsyncClient
from service.mcp.server import create_server

SHOWS = (
    {
        "id": "guitar",
        "title": "Guitar",
        "summary": "Jazz on a guitar.",
        "link": "https://jazz.example/guitar",
        "podcast": {"title": "Sounds", "link": "https://jazz.example"},
        "explicit": True,
        "chapters": [{"start_s": 5, "title": "Strings"}],
    },
    {
        "id": "piano",
        "title": "Piano",
        "summary": "Jazz on a piano.",
        "podcast": {"title": "Sounds", "link": "https://jazz.example"},
        "explicit": False,
        "season": 3,
    },
    {
        "id": "rome",
        "title": "Rome",
        "summary": "A history of Rome, and jazz.",
        "podcast": {"title": "Empires"},
        "language": "de",
    },
)

Use = Callable[[Client], Awaitable[None]]


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory, artifact: Artifact) -> Path:
    directory = tmp_path_factory.mktemp("shows")
    corpus = directory / "corpus.jsonl"
    corpus.write_text("".join(f"{json.dumps(show)}\n" for show in SHOWS))
    build([corpus], directory / "snapshots", artifact)
    return directory / "snapshots"


@pytest.fixture
def run(snapshots: Path) -> Callable[[Use], None]:
    """Runs a function with a client of the tools, over a snapshot of SHOWS."""

    async def connected(use: Use) -> None:
        async with (
            local_transport(str(snapshots)) as transport,
            AsyncClient(LOCAL_URL, transport=transport, retries=0) as asking,
            Client(create_server(asking)) as client,
        ):
            await use(client)

    return lambda use: anyio.run(connected, use)


async def found(client: Client, tool: str, **arguments: Any) -> list[dict[str, Any]]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    structured: dict[str, Any] = result.structured_content
    episodes: list[dict[str, Any]] = structured["episodes"]
    return episodes


def described(tool: Tool) -> dict[str, str]:
    """The description of each parameter, and of each field of an episode that it gives."""
    assert tool.output_schema
    fields = tool.output_schema.get("$defs", {}).get("FoundEpisode", {}).get("properties", {})
    both = {**tool.input_schema["properties"], **fields}
    return {name: field.get("description", "") for name, field in both.items()}


def test_tools_tell_an_agent_to_filter_to_quote_and_to_link(run: Callable[[Use], None]) -> None:
    async def use(client: Client) -> None:
        told = client.instructions or ""
        for word in ("filters", "Quote the evidence", "link", "answered is false"):
            assert word in told
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        for tool in tools.values():
            assert tool.title
            assert tool.description
        search = described(tools["search_episodes"])
        assert "quote it" in search["evidence"]
        assert "Cite it" in search["link"]
        assert "cite the time" in search["moments"]
        assert "not as a title" in search["headline"]
        output = tools["search_episodes"].output_schema or {}
        assert "do not present" in output["properties"]["answered"]["description"]
        assert {*output["required"]} == {"answered", "episodes"}
        assert {*(tools["list_podcasts"].output_schema or {})["required"]} == {"podcasts"}

    run(use)


def test_every_parameter_of_a_tool_is_described(run: Callable[[Use], None]) -> None:
    async def use(client: Client) -> None:
        for tool in (await client.list_tools()).tools:
            for name, schema in tool.input_schema["properties"].items():
                assert schema.get("description"), (tool.name, name)

    run(use)


@pytest.mark.parametrize("name", ["search_episodes", "similar_episodes"])
def test_tools_that_find_episodes_have_every_filter(run: Callable[[Use], None], name: str) -> None:
    async def use(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert {*FilterFields.model_fields} <= {*tools[name].input_schema["properties"]}
        assert "filters" not in tools[name].input_schema["properties"]

    run(use)


@pytest.mark.parametrize(
    ("filters", "passing"),
    [
        ({}, {"guitar", "piano", "rome"}),
        ({"podcast": ["Sounds"]}, {"guitar", "piano"}),
        ({"language": ["de"]}, {"rome"}),
        ({"season": [3]}, {"piano"}),
        ({"explicit": True}, {"guitar"}),
        ({"explicit": False}, {"piano", "rome"}),
        ({"has": ["chapters"]}, {"guitar"}),
        ({"podcast": ["Sounds"], "explicit": False}, {"piano"}),
    ],
)
def test_a_filter_selects(
    run: Callable[[Use], None], filters: dict[str, Any], passing: set[str]
) -> None:
    async def use(client: Client) -> None:
        answer = await found(client, "search_episodes", question="jazz", **filters)
        assert {episode["id"] for episode in answer} == passing
        similar = await found(client, "similar_episodes", episode_id="piano", **filters)
        assert {episode["id"] for episode in similar} == passing - {"piano"}

    run(use)


def test_an_episode_is_cited_by_its_link_or_that_of_its_podcast(run: Callable[[Use], None]) -> None:
    async def use(client: Client) -> None:
        answer = await found(client, "search_episodes", question="jazz")
        assert {episode["id"]: episode["link"] for episode in answer} == {
            "guitar": "https://jazz.example/guitar",
            "piano": "https://jazz.example",
            "rome": None,
        }

    run(use)


def test_podcasts_are_listed_by_title_with_their_numbers(run: Callable[[Use], None]) -> None:
    async def use(client: Client) -> None:
        for count, wanted in ((100, [("Empires", 1), ("Sounds", 2)]), (1, [("Empires", 1)])):
            result = await client.call_tool("list_podcasts", {"count": count})
            told = (result.structured_content or {})["podcasts"]
            assert [(podcast["title"], podcast["episodes"]) for podcast in told] == wanted

    run(use)
