"""Shapes of episodes and podcasts."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class PodcastBody(BaseModel):
    """A podcast; unknown fields of the corpus are returned unchanged."""

    model_config = ConfigDict(extra="allow")

    title: str
    link: str | None = None
    feed_url: str | None = None
    image: str | None = None
    author: str | None = None
    guid: str | None = None
    language: str | None = None
    id: Annotated[
        str | None,
        Field(
            description="What no other podcast has, for podcast=: its guid, or one made of its "
            "feed's address. Absent where only the title is known, which then stands for it."
        ),
    ] = None


class AppearanceBody(BaseModel):
    """Another place of the same episode: in a second feed, or published again."""

    id: str
    podcast: Annotated[str | None, Field(description="Its title.")] = None
    podcast_id: Annotated[str | None, Field(description="Its id, as podcast.id.")] = None
    guid: str | None = None
    link: str | None = None
    audio_url: str | None = None


class EpisodeBody(BaseModel):
    """An episode; unknown fields of the corpus are returned unchanged."""

    model_config = ConfigDict(extra="allow")

    id: str
    summary: str
    title: str | None = None
    podcast: PodcastBody | None = None
    published_at: Annotated[str | None, Field(description="ISO 8601, UTC")] = None
    link: Annotated[str | None, Field(description="Its own page.")] = None
    guid: str | None = None
    author: str | None = None
    audio_url: str | None = None
    image: str | None = None
    season: int | None = None
    episode: Annotated[int | None, Field(description="Its number.")] = None
    episode_type: Literal["full", "trailer", "bonus"] | None = None
    explicit: bool | None = None
    transcript_url: str | None = None
    chapters_url: str | None = None
    hosts: list[str] = []
    guests: list[str] = []
    tags: list[str] = []
    categories: list[str] = []
    language: str | None = None
    duration_s: float | None = None
    listed: Annotated[
        bool | None, Field(description="false where its feed no longer lists it.")
    ] = None
    also_in: list[AppearanceBody] = []
