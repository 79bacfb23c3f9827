"""The tools, resources and prompt that an agent sees."""

from collections.abc import Awaitable
from importlib.metadata import version
from typing import Annotated, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.server.mcpserver.resources.templates import ResourceSecurity
from mcp_types import ToolAnnotations
from pydantic import Field

from service.api.schemas.answers import ListedPodcast
from service.api.schemas.episodes import EpisodeBody
from service.client import AsyncClient, ClientError, Refused
from service.client.options import Filters
from service.mcp.filters import with_filters
from service.mcp.results import (
    FoundEpisode,
    FoundEpisodes,
    Podcasts,
    SimilarEpisode,
    SimilarEpisodes,
)

_INSTRUCTIONS = (
    "Search over summaries of podcast episodes. Ask search_episodes in whole sentences and put "
    "dates, people, podcasts, languages and lengths into its filters, not into the question. Quote "
    "the evidence and give the link. Where answered is false, say that nothing here answers."
)
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_MAX_PODCASTS = 1000
_NOT_FOUND = 404

T = TypeVar("T")
Question = Annotated[str, Field(description="A question in natural language, in any language.")]
EpisodeId = Annotated[str, Field(description="The id of an episode, as the other tools give it.")]
Count = Annotated[int, Field(ge=1, le=50, description="How many episodes to return.")]


def create_server(client: AsyncClient) -> MCPServer:
    """A server whose tools ask `client`."""
    server = MCPServer(
        "episode-search",
        title="Episode Search",
        instructions=_INSTRUCTIONS,
        version=version("episode-search"),
        log_level="WARNING",
    )
    _add_search_tools(server, client)
    _add_lookup_tools(server, client)
    _add_resources(server, client)
    server.prompt(title="Answer from episodes")(answer_from_episodes)
    return server


def _add_search_tools(server: MCPServer, client: AsyncClient) -> None:
    @server.tool(title="Search episodes", annotations=_READS)
    @with_filters
    async def search_episodes(
        question: Question, count: Count = 5, *, filters: Filters
    ) -> FoundEpisodes:
        """Find episodes that answer a question, each with the sentence that matches best."""
        answer = await _told(client.search(question, k=count, **filters))
        episodes = [FoundEpisode.of(hit) for hit in answer.hits]
        return FoundEpisodes(answered=answer.answered, episodes=episodes)

    @server.tool(title="Similar episodes", annotations=_READS)
    @with_filters
    async def similar_episodes(
        episode_id: EpisodeId, count: Count = 5, *, filters: Filters
    ) -> SimilarEpisodes:
        """Find episodes similar to one, each with the two sentences that match best."""
        answer = await _told(client.similar(episode_id, k=count, **filters))
        return SimilarEpisodes(episodes=[SimilarEpisode.of(hit) for hit in answer.hits])


def _add_lookup_tools(server: MCPServer, client: AsyncClient) -> None:
    @server.tool(title="Get an episode", annotations=_READS)
    async def get_episode(episode_id: EpisodeId) -> EpisodeBody:
        """All fields of one episode, with its whole summary."""
        return await _told(client.episode(episode_id))

    @server.tool(title="List podcasts", annotations=_READS)
    async def list_podcasts(
        count: Annotated[
            int, Field(ge=1, le=_MAX_PODCASTS, description="How many podcasts to return.")
        ] = 100,
    ) -> Podcasts:
        """List the podcasts by title, with the number of their episodes."""
        return Podcasts(podcasts=await _told(_first(client, count)))


def _add_resources(server: MCPServer, client: AsyncClient) -> None:
    # An id is a key and not a path, so "../x" is a valid id.
    as_key = ResourceSecurity(exempt_params={"episode_id"})

    @server.resource("episode://{+episode_id}", mime_type="application/json", security=as_key)
    async def episode(episode_id: str) -> str:
        """One episode by its id."""
        return (await _read(client.episode(episode_id))).model_dump_json(exclude_none=True)

    @server.resource("snapshot://manifest", mime_type="application/json")
    async def manifest() -> str:
        """The snapshot in force: corpus, encoder, index and the time of the build."""
        return (await _read(client.snapshot())).model_dump_json()


def answer_from_episodes(question: Question) -> str:
    """Answer a question from podcast episodes, with quotations and links."""
    return (
        f"Answer this from podcast episodes: {question}\n\n"
        "Call search_episodes, with filters for what the question says of dates, people, podcasts, "
        "languages and lengths. Quote the evidence of each episode you use, name its podcast and "
        "give its link. If answered is false, say that no episode here answers the question."
    )


async def _first(client: AsyncClient, count: int) -> list[ListedPodcast]:
    """The first `count` podcasts by title."""
    found = []
    async for podcast in client.podcasts():
        found.append(podcast)
        if len(found) == count:
            break
    return found


async def _told(answer: Awaitable[T]) -> T:
    """The answer. Raises ToolError with the service's message, which the agent reads."""
    try:
        return await answer
    except ClientError as error:
        raise ToolError(str(error)) from error


async def _read(answer: Awaitable[T]) -> T:
    """The answer. Raises ResourceNotFoundError, or ResourceError for temporary failures."""
    try:
        return await answer
    except Refused as error:
        kind = ResourceNotFoundError if error.status == _NOT_FOUND else ResourceError
        raise kind(error.detail) from error
    except ClientError as error:
        raise ResourceError(str(error)) from error
