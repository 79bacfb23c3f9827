"""The results of the tools: episodes with the few fields that an agent needs to quote and link."""

from typing import Annotated, Self

from pydantic import BaseModel, Field

from service.api.schemas.answers import HitBody, ListedPodcast, SimilarHitBody
from service.api.schemas.episodes import EpisodeBody


class FoundMoment(BaseModel):
    start_s: Annotated[float, Field(description="Seconds from the beginning of the episode.")]
    text: str
    speaker: str | None


class FoundEpisode(BaseModel):
    id: Annotated[str, Field(description="For get_episode and similar_episodes.")]
    title: str | None
    headline: Annotated[
        str | None,
        Field(description="Made of the summary; name the episode by it, not as a title."),
    ]
    podcast: str | None
    published_at: str | None
    link: Annotated[str | None, Field(description="Cite it with the evidence.")]
    evidence: Annotated[
        str | None, Field(description="The sentence of the summary that says why; quote it.")
    ]
    relevance: Annotated[float, Field(description="Probability that this answers the question.")]
    moments: Annotated[
        list[FoundMoment], Field(description="When it is talked about, best first; cite the time.")
    ]

    @classmethod
    def of(cls, hit: HitBody) -> Self:
        episode = hit.episode
        return cls(
            id=episode.id,
            title=episode.title,
            headline=episode.headline,
            podcast=episode.podcast.title if episode.podcast else None,
            published_at=episode.published_at,
            link=_link(episode),
            evidence=hit.highlight.text if hit.highlight else None,
            relevance=hit.relevance,
            moments=[
                FoundMoment(start_s=each.start_s, text=each.text, speaker=each.speaker)
                for each in hit.moments
            ],
        )


class FoundEpisodes(BaseModel):
    answered: Annotated[
        bool,
        Field(description="If false, no episode answers; say so, and do not present these as one."),
    ]
    episodes: list[FoundEpisode]


class SimilarEpisode(FoundEpisode):
    because: Annotated[
        str | None, Field(description="The sentence of the given episode that the evidence matches")
    ]

    @classmethod
    def of(cls, hit: HitBody) -> Self:
        found = FoundEpisode.of(hit)
        liked = hit.because.liked if isinstance(hit, SimilarHitBody) and hit.because else None
        return cls(**found.model_dump(), because=liked)


class SimilarEpisodes(BaseModel):
    episodes: list[SimilarEpisode]


class Podcasts(BaseModel):
    podcasts: list[ListedPodcast]


def _link(episode: EpisodeBody) -> str | None:
    return episode.link or (episode.podcast.link if episode.podcast else None)
