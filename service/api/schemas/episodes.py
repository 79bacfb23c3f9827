"""Schemas of episodes and podcasts."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class PodcastBody(BaseModel):
    """A podcast; further fields of the corpus are returned unchanged."""

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
    """A copy of the episode that was merged into it: from another feed, or published again."""

    id: Annotated[str, Field(description="The copy's id; it finds the merged episode.")]
    podcast: Annotated[str | None, Field(description="Title of the copy's podcast.")] = None
    podcast_id: Annotated[str | None, Field(description="Id of the copy's podcast.")] = None
    guid: str | None = None
    link: str | None = None
    audio_url: str | None = None


class ChapterBody(BaseModel):
    """A topic of an episode: from its notes, its record or a file of chapters."""

    start_s: Annotated[float, Field(description="Seconds from the beginning.")]
    end_s: Annotated[float | None, Field(description="Absent where it is not known.")] = None
    title: str
    link: Annotated[str | None, Field(description="Address of a web page about it.")] = None
    start: Annotated[
        int | None,
        Field(description="Where its lines stand, if the notes tell it: summary[start:end]."),
    ] = None
    end: int | None = None


class EpisodeBody(BaseModel):
    """An episode; further fields of the corpus are returned unchanged."""

    model_config = ConfigDict(extra="allow")

    id: str
    summary: str
    title: str | None = None
    headline: Annotated[
        str | None,
        Field(
            description="The most telling words of the summary, to be shown where there is no "
            "title. Absent where there is one."
        ),
    ] = None
    podcast: PodcastBody | None = None
    published_at: Annotated[str | None, Field(description="ISO 8601, UTC.")] = None
    link: Annotated[str | None, Field(description="Address of the episode's web page.")] = None
    guid: str | None = None
    author: str | None = None
    audio_url: str | None = None
    image: str | None = None
    season: int | None = None
    episode: Annotated[int | None, Field(description="Its number in the season.")] = None
    episode_type: Literal["full", "trailer", "bonus"] | None = None
    explicit: bool | None = None
    transcript_url: str | None = None
    transcript_id: Annotated[
        str | None, Field(description="A digest of its transcript, if that is indexed.")
    ] = None
    chapters_url: str | None = None
    hosts: list[str] = []
    guests: list[str] = []
    tags: list[str] = []
    categories: list[str] = []
    language: str | None = None
    duration_s: float | None = None
    chapters: Annotated[
        list[ChapterBody], Field(description="What is talked about from when on, by time.")
    ] = []
    listed: Annotated[bool | None, Field(description="false if its feed no longer lists it.")] = (
        None
    )
    also_in: Annotated[
        list[AppearanceBody], Field(description="Copies of the episode that were merged into it.")
    ] = []
